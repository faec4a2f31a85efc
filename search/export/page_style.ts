/** The style sheet of an exported student's page, put into it as it stands. */
export const pageStyle = `
:root {
  --page: #fdfcfa; --panel: #ffffff; --ink: #22262b; --quiet: #5c6570; --line: #d9d4cc; --track: #ece8e2; --bar: #00668f;
  --right: #1f7a4d; --tint: #eef5f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181c; --panel: #1b1f24; --ink: #e6e3de; --quiet: #a2aab3; --line: #3a4149; --track: #2a2f36; --bar: #5cc3ee;
    --right: #6fd09d; --tint: #1d2b34;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); border-top: 4px solid;
  border-image: linear-gradient(90deg, #9ad0d8, #c9c3ea, #f0c7cf, #f3e0bd) 1;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 824px; margin: 0 auto; padding: 24px 32px 56px; }
h1, h2 { font-family: ui-serif, "Iowan Old Style", Palatino, Georgia, serif; font-weight: 600; overflow-wrap: anywhere; }
h1 { font-size: 26px; line-height: 1.3; margin: 0 0 8px; }
h2 { font-size: 18px; margin: 28px 0 8px; }
.brand { margin: 0 0 14px; color: var(--quiet); font-size: 14px; overflow-wrap: anywhere; }
.facts { margin: 0; padding: 0; list-style: none; color: var(--quiet); font-size: 14.5px; overflow-wrap: anywhere; }
#status { min-height: 1.5em; margin: 14px 0 6px; color: var(--quiet); }
.answer { display: grid; grid-template-columns: 196px 1fr; gap: 24px; align-items: start; min-height: 250px; }
#seen { width: 196px; height: auto; image-rendering: pixelated; background: #000; border-radius: 6px; }
#classes { list-style: none; margin: 0; padding: 0; }
#classes li { display: grid; grid-template-columns: minmax(0, 9em) 1fr 4.2em; gap: 12px; align-items: center; padding: 4px 0; }
#classes .class { overflow-wrap: anywhere; line-height: 1.25; }
#classes .track { display: block; height: 14px; background: var(--track); border-radius: 3px; overflow: hidden; }
#classes .track span { display: block; height: 100%; background: var(--bar); }
#classes .right .track span { background: var(--right); }
#classes .value { text-align: right; font-variant-numeric: tabular-nums; font-size: 14px; }
#truth, #time { margin: 8px 0 0; font-size: 14.5px; color: var(--quiet); min-height: 1.5em; }
.samples { display: flex; flex-wrap: wrap; gap: 8px; }
.samples button { padding: 3px; width: 58px; height: 58px; }
.samples img { display: block; width: 100%; height: 100%; object-fit: contain; image-rendering: pixelated; border-radius: 3px; }
.own { display: grid; grid-template-columns: 1fr auto; gap: 0 32px; }
.own > :only-child { grid-column: 1 / -1; }
button, .drop {
  font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; cursor: pointer;
}
button { padding: 6px 14px; }
button:hover, .drop:hover { background: var(--tint); }
button:focus-visible, .drop:focus-within, input:focus-visible, summary:focus-visible { outline: 3px solid var(--bar); outline-offset: 2px; }
button:disabled { opacity: 0.5; cursor: default; }
.drop { display: block; padding: 22px 16px; border-style: dashed; text-align: center; }
.drop input { display: block; margin: 10px auto 0; max-width: 100%; font-size: 14px; color: inherit; }
.switch { display: flex; gap: 8px; align-items: center; margin-top: 10px; font-size: 14.5px; }
#pad { display: block; width: 200px; height: 200px; margin-bottom: 8px; background: #000; border-radius: 6px; touch-action: none;
  cursor: crosshair; border: 1px solid var(--line); }
details { margin-top: 32px; font-size: 14.5px; color: var(--quiet); }
summary { cursor: pointer; }
@media (max-width: 600px) {
  main { padding: 16px 18px 40px; }
  h1 { font-size: 21px; }
  .answer { grid-template-columns: 1fr; gap: 14px; }
  #seen { width: 128px; }
  #classes li { grid-template-columns: minmax(0, 6.5em) 1fr 4em; gap: 8px; }
  .own { grid-template-columns: minmax(0, 1fr); }
}
@media print { .samples, .own, #status { display: none; } }
`;
