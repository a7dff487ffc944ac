import { CaseResult, TurnResult } from "../results";
import { Previous, renderThenAndNow } from "./answerThen";
import { cut, escapeHtml, grouped, sentence } from "./text";

/** How much of a case is shown; results.json has all of it. */
export interface DetailLimits {
    readonly pictures: boolean;
    /** Of a prompt or an answer. */
    readonly characters: number;
}

/** What a case was asked, what came, and how that was judged. */
export function renderDetails(
    each: CaseResult,
    limits: DetailLimits,
    previous: Previous | undefined,
): string {
    const ofTurn = (turn: number | undefined): string =>
        renderChecks(each.checks.filter((check) => check.turn === turn));
    const parts = [
        ...each.turns.map((turn, index) => renderTurn(turn, each, limits) + ofTurn(index + 1)),
        each.problem && `<p class="problem">${escapeHtml(sentence(each.problem.message))}</p>`,
        ofTurn(undefined),
        each.output && `<pre class="said">${renderText(each.output, limits.characters)}</pre>`,
        previous && renderThenAndNow(previous, each, limits.characters),
    ];
    return `<div class="inside">${parts.filter(Boolean).join("\n")}</div>`;
}

function renderTurn(
    turn: TurnResult,
    { images, language }: CaseResult,
    limits: DetailLimits,
): string {
    const pictures = turn.images
        .map((name) => images.find((image) => image.name === name))
        .filter((image) => image !== undefined)
        .map((image) => renderImage(image, limits));
    const lang = language === "zh" ? ' lang="zh"' : "";
    const said = (text: string): string => renderText(text, limits.characters);
    const prompt = turn.prompt
        ? `<p class="said prompt" dir="auto"${lang}>${said(turn.prompt)}</p>`
        : `<p class="said prompt">(a picture, without a word)</p>`;
    const reply = turn.refusal
        ? `<p class="said refusal" dir="auto"><small>HTTP ${turn.refusal.status}</small>${said(turn.refusal.message)}</p>`
        : turn.answer === undefined
          ? `<p class="said refusal">No answer came.</p>`
          : `<p class="said answer" dir="auto"${lang}>${said(turn.answer.trim()) || "<em>(an empty answer)</em>"}</p>`;
    return `<div class="turn">${pictures.length > 0 ? `<div class="pictures">${pictures.join("")}</div>` : ""}${prompt}${reply}</div>`;
}

/** Text of a model, as much of it as may be shown. */
export function renderText(given: string, mostCharacters: number): string {
    const { text, missing } = cut(given, mostCharacters);
    const rest =
        missing > 0 ? `<small>… ${grouped(missing)} more characters in results.json</small>` : "";
    return escapeHtml(text) + rest;
}

const DAMAGE_WORDS: Readonly<Record<string, string>> = {
    truncated: "file cut in half",
    noise: "bytes that are no picture",
    text: "a text in place of a picture",
    base64: "base64 that is none",
};

function renderImage(image: CaseResult["images"][number], limits: DetailLimits): string {
    const size = `${image.width} × ${image.height}`;
    const caption = `<figcaption>${escapeHtml(image.name)}, ${size}</figcaption>`;
    if (image.damage !== undefined) {
        const how = DAMAGE_WORDS[image.damage] ?? image.damage;
        return `<figure><div class="broken">${how}, on purpose</div>${caption}</figure>`;
    }
    if (image.thumbnailPng === undefined || !limits.pictures) {
        return `<figure>${caption}</figure>`;
    }
    // Base64 has no character that HTML minds, but the value comes from a file.
    return `<figure><img alt="${escapeHtml(image.name)}" loading="lazy" src="data:${escapeHtml(image.thumbnailType ?? "image/png")};base64,${escapeHtml(image.thumbnailPng)}">${caption}</figure>`;
}

function renderChecks(checks: CaseResult["checks"]): string {
    return checks.length > 0 ? `<ul class="checks">${checks.map(renderCheck).join("")}</ul>` : "";
}

function renderCheck({ kind, passed, message, wanted }: CaseResult["checks"][number]): string {
    const expected =
        !passed && wanted !== undefined
            ? `<span class="wanted">expected: ${escapeHtml(wanted)}</span>`
            : "";
    return `<li class="${passed ? "passed" : "failed"}"><span class="mark" role="img" aria-label="${passed ? "passed" : "failed"}">${passed ? "✓" : "✗"}</span><b>${escapeHtml(kind)}</b> <span>${escapeHtml(message)}${expected}</span></li>`;
}
