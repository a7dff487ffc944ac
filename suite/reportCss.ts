/** The report's looks: system fonts, light and dark by the reader's own setting, phone to desk. */
export const REPORT_CSS = `
:root {
    color-scheme: light dark;
    --page: #f6f7f9; --paper: #fff; --ink: #1b1f27; --soft: #5c6573; --line: #e1e5eb;
    --good: #12773d; --good-soft: #e3f5ea; --bad: #b3261e; --bad-soft: #fdeceb;
    --odd: #8a5a00; --odd-soft: #fff3d6; --none: #6b7280; --none-soft: #eceff3;
    --asked: #eef1f6; --link: #2557c7;
}
@media (prefers-color-scheme: dark) {
    :root {
        --page: #0f1217; --paper: #181c23; --ink: #e7eaf0; --soft: #9aa4b2; --line: #2b313b;
        --good: #59d08c; --good-soft: #12301f; --bad: #ff8d85; --bad-soft: #3a1a19;
        --odd: #f0bd57; --odd-soft: #352a10; --none: #9aa4b2; --none-soft: #242a33;
        --asked: #222831; --link: #8ab0ff;
    }
}
* { box-sizing: border-box; }
body {
    margin: 0; background: var(--page); color: var(--ink);
    font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC",
        "PingFang SC", "Microsoft YaHei", sans-serif;
    overflow-wrap: anywhere;
}
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 0; display: grid; gap: 1.25rem; }
main > *, .sections > * { min-width: 0; }
footer { max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem; color: var(--soft); font-size: .85rem; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1, h2, h3, p, ul, dl, figure { margin: 0; padding: 0; }
h2 { font-size: 1.05rem; margin-bottom: .6rem; }
code { font: .8rem ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--soft); }
section, .verdict { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.25rem; }

.verdict { border-left: 8px solid var(--tone); padding: 1.4rem 1.5rem; }
.verdict.passed, .passed { --tone: var(--good); --tone-soft: var(--good-soft); }
.verdict.failed, .failed { --tone: var(--bad); --tone-soft: var(--bad-soft); }
.verdict.none, .errored, .flaky { --tone: var(--odd); --tone-soft: var(--odd-soft); }
.skipped { --tone: var(--none); --tone-soft: var(--none-soft); }
.label { color: var(--soft); font-size: .85rem; }
h1 { font-size: 2.4rem; line-height: 1.2; color: var(--tone); letter-spacing: -.02em; }
.why { font-size: 1.1rem; margin-top: .25rem; }
.comparison { color: var(--tone); font-weight: 600; margin-top: .35rem; }
.comparison.regression { --tone: var(--bad); }
.comparison.improvement { --tone: var(--good); }
.comparison.no-evidence { --tone: var(--soft); font-weight: 400; }
.comparison.infrastructure-failure { --tone: var(--odd); }
.totals { list-style: none; display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
.totals li { background: var(--tone-soft); color: var(--tone); border-radius: 999px; padding: .2rem .85rem; }
.totals li.zero { background: none; color: var(--soft); box-shadow: inset 0 0 0 1px var(--line); }
.troubles { list-style: none; display: grid; gap: .2rem; margin: -.25rem 0 1rem; color: var(--soft); font-size: .95rem; }
.troubles li { display: grid; grid-template-columns: 1.1rem 1fr; gap: .35rem; }
h1 .tag { font-size: .9rem; letter-spacing: 0; vertical-align: middle; border-color: var(--odd); color: var(--odd); font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem 1.25rem; border-top: 1px solid var(--line); padding-top: .9rem; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; }

.stand-in {
    border: 2px solid var(--odd); border-radius: 12px; padding: .9rem 1.25rem; color: var(--ink);
    background: repeating-linear-gradient(135deg, var(--odd-soft) 0 14px, transparent 14px 28px), var(--paper);
}
.rung { border: 1px solid var(--line); border-left: 8px solid var(--odd); border-radius: 12px; padding: .9rem 1.25rem; background: var(--odd-soft); }
.rung b { color: var(--odd); display: block; font-size: 1.1rem; }

.stand-in b { color: var(--odd); display: block; font-size: 1.1rem; }

table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); font-weight: normal; vertical-align: baseline; }
tr:first-child > * { border-top: 0; }
td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--soft); }
.dimensions th { white-space: nowrap; }
.dimensions .wide { width: 40%; vertical-align: middle; }
.dimensions span { color: var(--tone); font-weight: 600; }
.bar { display: flex; gap: 2px; height: .6rem; border-radius: 999px; overflow: hidden; }
.bar i { background: var(--tone); min-width: 4px; }

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; }
.card { border: 1px solid var(--line); border-radius: 10px; padding: .8rem .9rem; display: flex; flex-direction: column; }
.card h3 { font-size: .9rem; font-weight: 600; }
.card dl { font-size: .88rem; margin: .4rem 0; }
.card dl div { display: flex; justify-content: space-between; gap: .5rem; }
.card dt { font-size: inherit; }
.card dd { font-variant-numeric: tabular-nums; white-space: nowrap; }
.big { color: var(--soft); font-size: .9rem; }
.big b { display: block; line-height: 1.3; color: var(--ink); font-size: 1.7rem; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.note { color: var(--soft); font-size: .82rem; margin-top: auto; }

.sections { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.25rem; }
.extra { display: flex; flex-direction: column; }
.extra table { margin-bottom: .6rem; font-size: .92rem; }
.extra th { color: var(--soft); width: 40%; }

.cases { padding-bottom: .5rem; }
.case { border-top: 1px solid var(--line); margin: 0 -1.25rem; padding: 0 1.25rem; }
.case summary { display: flex; align-items: baseline; gap: .6rem; padding: .55rem 0; cursor: pointer; list-style: none; }
.case summary::-webkit-details-marker { display: none; }
.case summary:hover .title { text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: .25em; }
.case .title { flex: 1; min-width: 0; }
.case .title code { margin-left: .35rem; }
.case.failed, .case.errored, .case.flaky { box-shadow: inset 4px 0 var(--tone); }
.case.failed > summary .title, .case.errored > summary .title, .case.flaky > summary .title { font-weight: 600; }
.mark { color: var(--tone); font-weight: 700; }
summary .mark { width: 1.1rem; text-align: center; flex: none; }
.time { color: var(--soft); font-size: .85rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.tag { font-size: .78rem; color: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 0 .4rem; white-space: nowrap; }
.inside { padding: .25rem 0 1rem 1.7rem; display: grid; gap: .9rem; }
.turn { display: grid; gap: .5rem; }
.said { white-space: pre-wrap; border-radius: 12px; padding: .5rem .85rem; max-width: 44rem; width: fit-content; }
.prompt { background: var(--asked); border-bottom-left-radius: 3px; }
.answer { border: 1px solid var(--line); border-top-right-radius: 3px; margin-left: auto; }
.refusal { background: var(--none-soft); border: 1px dashed var(--none); margin-left: auto; }
.refusal small { display: block; color: var(--soft); }
.pictures { display: flex; flex-wrap: wrap; gap: .75rem; margin-bottom: .5rem; }
figure img { display: block; max-width: 100%; max-height: 13rem; min-height: 8px; min-width: 8px; border: 1px solid var(--line); border-radius: 8px; background: #fff; }
figcaption { color: var(--soft); font-size: .8rem; margin-top: .2rem; }
.broken { display: grid; place-items: center; text-align: center; width: 13rem; max-width: 100%; height: 6rem; border: 1px dashed var(--none); border-radius: 8px; color: var(--soft); font-size: .85rem; background: repeating-linear-gradient(45deg, var(--none-soft) 0 8px, transparent 8px 16px); }
.problem { background: var(--odd-soft); color: var(--odd); border-radius: 8px; padding: .5rem .85rem; }
.checks { list-style: none; font-size: .92rem; display: grid; gap: .25rem; }
.checks li { display: grid; grid-template-columns: 1.1rem minmax(5.5rem, max-content) 1fr; gap: .5rem; }
.checks li.failed { color: var(--tone); }
.checks b { font-weight: 600; }

@media (max-width: 40rem) {
    main { padding-top: .75rem; gap: .9rem; }
    .verdict, section { padding: 1rem; }
    .case { margin: 0 -1rem; padding: 0 1rem; }
    h1 { font-size: 2rem; }
    .facts { grid-template-columns: 1fr 1fr; }
    .dimensions tr { display: grid; grid-template-columns: 1fr auto; border-top: 1px solid var(--line); padding: .5rem 0; }
    .dimensions tr:first-child { border-top: 0; }
    .dimensions th, .dimensions td { border: 0; padding: 0; }
    .dimensions .wide { grid-column: 1 / -1; grid-row: 2; width: auto; margin: .35rem 0; }
    .dimensions td:nth-child(3) { grid-row: 3; }
    .dimensions .number { grid-row: 3; }
    .case .title code { display: block; margin: 0; }
    .inside { padding-left: 0; }
    .checks li { grid-template-columns: 1.1rem 1fr; }
    .checks li span:last-child { grid-column: 2; }
}
@media print { body { background: #fff; } section, .verdict { break-inside: avoid; } }
`;
