// The look of the report. Colours are those of Okabe and Ito, shifted for contrast, so that they can be told apart by
// colour-blind readers; every mark also has a shape of its own.

/** The style sheet, put into the report as it stands. */
export const STYLE = `
:root {
  --page: #fdfcfa; --panel: #ffffff; --ink: #22262b; --quiet: #5c6570; --line: #e4e0da; --grid: #ece8e2;
  --student: #7c8894; --front: #00668f; --baseline: #b8500a; --target: #8c3f87; --teacher: #22262b; --tint: #eef5f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181c; --panel: #1b1f24; --ink: #e6e3de; --quiet: #a2aab3; --line: #32383f; --grid: #2a2f36;
    --student: #8994a0; --front: #5cc3ee; --baseline: #f0a050; --target: #d99bd5; --teacher: #e6e3de; --tint: #1d2b34;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); border-top: 4px solid;
  border-image: linear-gradient(90deg, #9ad0d8, #c9c3ea, #f0c7cf, #f3e0bd) 1;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 824px; margin: 0 auto; padding: 24px 32px 64px; }
.brand { margin: 0 0 20px; color: var(--quiet); font-size: 14px; overflow-wrap: anywhere; }
h1, h2 { font-family: ui-serif, "Iowan Old Style", Palatino, "Palatino Linotype", Georgia, serif; font-weight: 600; }
h1 { font-size: 27px; line-height: 1.32; margin: 0 0 14px; text-wrap: pretty; overflow-wrap: anywhere; }
h2 { font-size: 21px; margin: 52px 0 8px; overflow-wrap: anywhere; }
h3 { font-size: 16px; margin: 0 0 2px; overflow-wrap: anywhere; }
header p { margin: 0 0 8px; overflow-wrap: anywhere; }
.state, .note, figcaption { color: var(--quiet); font-size: 14.5px; }
.state.running, .state.interrupted { color: var(--baseline); }
.note { margin: 0 0 14px; }
.nothing { margin: 8px 0; padding: 14px 16px; background: var(--tint); border-radius: 6px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 0 7px 14px; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; padding-left: 6px; }
td:last-child { padding-right: 6px; }
td { white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 500; font-size: 13px; vertical-align: bottom; line-height: 1.3; }
tbody th { font-weight: 500; min-width: 9em; overflow-wrap: anywhere; line-height: 1.45; }
tr.best { background: var(--tint); }
tr.best th, tr.best td { font-weight: 650; }
td small { display: block; color: var(--quiet); font-size: 12px; font-weight: 400; }
td.none { color: var(--quiet); }
th.words, td.words { text-align: left; white-space: normal; overflow-wrap: anywhere; }
td.reason { min-width: 16em; }
.mark { font-weight: 500; font-size: 11.5px; color: var(--quiet); border: 1px solid var(--line); border-radius: 9px;
  padding: 0 7px; margin-right: 3px; white-space: nowrap; background: var(--panel); }
figure { margin: 30px 0 0; }
ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 8px 0; padding: 0; font-size: 13.5px; }
ul.legend li { display: flex; align-items: center; gap: 7px; }
.sign { display: inline-block; flex: none; width: 10px; height: 10px; }
.sign.student { background: var(--student); border-radius: 50%; }
.sign.front { background: var(--front); border-radius: 50%; width: 12px; height: 12px; }
.sign.baseline { background: var(--baseline); transform: rotate(45deg) scale(0.9); }
.sign.bar { background: var(--student); }
.sign.target { width: 3px; height: 14px; background: var(--target); }
.sign.trend, .sign.best { width: 18px; height: 2.5px; background: var(--front); }
.sign.teacher { width: 18px; height: 0; border-top: 2px dashed var(--teacher); }
.sign.infeasible::before { content: "×"; color: var(--student); display: block; font: 700 17px/10px system-ui, sans-serif;
  transform: translateY(-2px); }
svg { display: block; width: 100%; height: auto; font-size: 12px; overflow: visible; }
svg + svg { margin-top: 14px; }
.narrow { display: none; }
dl { margin: 6px 0 26px; font-size: 14.5px; }
dl div { display: grid; grid-template-columns: 11em 1fr; gap: 16px; padding: 5px 6px; border-bottom: 1px solid var(--line); }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) {
  main { padding: 18px 20px 48px; }
  h1 { font-size: 22px; }
  .wide { display: none; }
  .narrow { display: block; }
  dl div { grid-template-columns: 7.5em 1fr; gap: 10px; }
  tbody th { min-width: 7.5em; }
}
@media print {
  :root {
    --page: #fff; --panel: #fff; --ink: #000; --quiet: #444; --line: #ccc; --grid: #e5e5e5; --student: #7c8894;
    --front: #00668f; --baseline: #b8500a; --target: #8c3f87; --teacher: #000; --tint: #f2f2f2;
  }
  body { font-size: 11pt; border-top: 0; }
  main { max-width: none; padding: 0; }
  figure, tr, dl div { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  .wide { display: block; }
  .narrow { display: none; }
}
`;
