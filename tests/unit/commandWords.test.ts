import { commandWords } from "../../common/commandWords";
import { isUserError } from "../../common/userError";

test.each([
    ["pytest /suite --junitxml=/report/junit.xml", "pytest|/suite|--junitxml=/report/junit.xml"],
    [`pytest -k "not slow" --x='a b' a\\ b`, "pytest|-k|not slow|--x=a b|a b"],
    ["  pytest\n    /suite  ", "pytest|/suite"],
    ["pytest *.py test_a.py::test[red]", "pytest|*.py|test_a.py::test[red]"],
    [`sh -c 'mocha "$X" || exit 1'`, `sh|-c|mocha "$X" || exit 1`],
    ['["sh", "-c", "a | b $X", ""]', "sh|-c|a | b $X|"],
])("%j", (text, words) => {
    expect(commandWords(text).join("|")).toBe(words);
});

test.each([
    ["  ", "is empty"],
    ["[]", "is empty"],
    ['[""]', "is empty"],
    ["''", "is empty"],
    ["pytest | tee x", '"|"'],
    ["a && b", '"&&"'],
    ["a > b", '">"'],
    ["pytest $HOME", "$HOME"],
    ["pytest # all", "comment"],
    ['pytest "a', "quote without an end"],
    ["pytest 'a\nb'", "line break"],
    ['["a", 1]', "no list of texts"],
    ['["a"', "none"],
])("%j is refused: %s", (text, why) => {
    let refused: unknown;
    try {
        commandWords(text);
    } catch (error) {
        refused = error;
    }
    expect(isUserError(refused)).toBe(true);
    expect((refused as Error).message).toContain(why);
    expect((refused as Error).message).toContain("JSON list");
});
