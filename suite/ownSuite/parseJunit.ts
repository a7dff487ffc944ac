import { SaxesParser } from "saxes";

/** A test of a JUnit file, with the outcome that its elements tell. */
export interface JunitTest {
    readonly className: string;
    readonly name: string;
    /** 0 where the file does not tell. */
    readonly seconds: number;
    readonly outcome: "passed" | "flaky" | "failed" | "errored" | "skipped";
    /** Of each failure, error or skip: what it says in short. */
    readonly messages: readonly string[];
    /** Stack traces, then what the test printed. */
    readonly output: string;
    readonly properties: readonly (readonly [name: string, value: string])[];
}

// A report comes from a rented machine, and so from whoever was on it: limits before anything is kept.
const MOST_DEPTH = 32;
const MOST_TESTS = 20_000;
const MOST_PROPERTIES = 50;
const MOST_MESSAGE_CHARACTERS = 500;
const MOST_OUTPUT_CHARACTERS = 20_000;

/** Elements below a test that tell its outcome, the worst first; Surefire's reruns make a test flaky. */
const OUTCOMES: readonly (readonly [element: string, JunitTest["outcome"]])[] = [
    ["error", "errored"],
    ["failure", "failed"],
    ["skipped", "skipped"],
    ["flakyFailure", "flaky"],
    ["flakyError", "flaky"],
];
const PRINTED = ["system-out", "system-err"];

/** An element below a test whose text is kept. */
interface OpenElement {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
    text: string;
}

interface OpenTest {
    readonly attributes: Readonly<Record<string, string>>;
    readonly found: Set<JunitTest["outcome"]>;
    readonly messages: string[];
    readonly properties: [string, string][];
    readonly texts: string[];
    characters: number;
}

/**
 * Reads JUnit XML as pytest, jest-junit, GoogleTest, Surefire and the like write it: `testsuite`s in
 * each other or none around them, times or none.
 *
 * Strict XML, and nothing of a document type is taken in: an entity that XML itself does not know is
 * an error.
 *
 * @returns undefined for XML that is something else, such as a coverage report.
 * @throws Error for what is no XML, and for more than a report has: nesting, tests.
 * @example parseJunit('<testsuite><testcase name="a"/></testsuite>') // [{ name: "a", outcome: "passed", ... }]
 */
export function parseJunit(text: string): JunitTest[] | undefined {
    const reader = new JunitReader();
    const parser = new SaxesParser();
    parser.on("error", (error) => {
        throw new Error(error.message);
    });
    parser.on("opentag", ({ name, attributes }) => reader.open(name, attributes));
    parser.on("text", (piece) => reader.keep(piece));
    parser.on("cdata", (piece) => reader.keep(piece));
    parser.on("closetag", ({ name }) => reader.close(name));
    parser.write(text).close();
    return reader.isJunit ? reader.tests : undefined;
}

class JunitReader {
    readonly tests: JunitTest[] = [];
    isJunit = false;
    private depth = 0;
    private test: OpenTest | undefined;
    private element: OpenElement | undefined;

    open(name: string, attributes: Record<string, string>): void {
        this.depth += 1;
        if (this.depth === 1) {
            this.isJunit = name === "testsuites" || name === "testsuite";
        }
        if (this.depth > MOST_DEPTH) {
            throw new Error(`elements are nested more than ${MOST_DEPTH} deep`);
        }
        if (this.isJunit && this.test === undefined && name === "testcase") {
            const nothing = { messages: [], properties: [], texts: [], characters: 0 };
            this.test = { attributes, found: new Set(), ...nothing };
        } else if (this.test !== undefined && this.element === undefined) {
            this.openInTest(this.test, name, attributes);
        }
    }

    private openInTest(test: OpenTest, name: string, attributes: Record<string, string>): void {
        if (name === "property" && test.properties.length < MOST_PROPERTIES) {
            const { name: key = "", value = "" } = attributes;
            test.properties.push([key, value.slice(0, MOST_MESSAGE_CHARACTERS)]);
        } else if (outcomeOf(name) !== undefined || PRINTED.includes(name)) {
            this.element = { name, attributes, text: "" };
        }
    }

    keep(piece: string): void {
        if (this.test !== undefined && this.element !== undefined) {
            const kept = piece.slice(0, MOST_OUTPUT_CHARACTERS - this.test.characters);
            this.element.text += kept;
            this.test.characters += kept.length;
        }
    }

    close(name: string): void {
        this.depth -= 1;
        if (this.test === undefined) {
            return;
        }
        if (this.element?.name === name) {
            take(this.test, this.element);
            this.element = undefined;
        } else if (name === "testcase") {
            this.tests.push(closed(this.test));
            this.test = undefined;
        }
        if (this.tests.length > MOST_TESTS) {
            throw new Error(`it has more than ${MOST_TESTS} tests`);
        }
    }
}

function outcomeOf(element: string): JunitTest["outcome"] | undefined {
    return OUTCOMES.find(([name]) => name === element)?.[1];
}

function take(test: OpenTest, { name, attributes, text }: OpenElement): void {
    const outcome = outcomeOf(name);
    if (outcome !== undefined) {
        test.found.add(outcome);
        const said = attributes.message || text.trim() || attributes.type || name;
        test.messages.push(firstLine(said));
    }
    if (text.trim() !== "") {
        test.texts.push(PRINTED.includes(name) ? `${name}:\n${text.trim()}` : text.trim());
    }
}

function closed({ attributes, found, messages, properties, texts }: OpenTest): JunitTest {
    const seconds = Number(attributes.time?.replace(/,/g, "") ?? 0);
    // GoogleTest tells of a disabled test by an attribute alone.
    const isLeftOut = attributes.status === "notrun" || attributes.result === "skipped";
    const outcome = OUTCOMES.find(([, each]) => found.has(each))?.[1];
    return {
        className: attributes.classname ?? "",
        name: attributes.name ?? "",
        seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : 0,
        outcome: outcome ?? (isLeftOut ? "skipped" : "passed"),
        messages,
        output: texts.join("\n\n"),
        properties,
    };
}

function firstLine(text: string): string {
    return text.trim().split("\n")[0].slice(0, MOST_MESSAGE_CHARACTERS);
}
