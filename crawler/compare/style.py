"""How report.html looks."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root {
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2127; --soft: #5b6570; --line: #dfe3e8;
  --good: #1a7f37; --bad: #b42318;
  --c0: #2a6fbb; --c1: #d9730d; --c2: #2e8b57; --c3: #b5479d;
  --c4: #1495a8; --c5: #8c5a2b; --c6: #c83c3c; --c7: #6a5acd;
  --p0: #9aa5b1; --p1: #2a6fbb; --p2: #e0a030;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1d2127; --ink: #e6e9ed; --soft: #9aa5b1; --line: #343b44;
    --good: #5fc27e; --bad: #ff8a80;
    --c0: #6aaaf0; --c1: #f59e50; --c2: #63c58f; --c3: #df84cc;
    --c4: #4cc4d6; --c5: #c59468; --c6: #f07c7c; --c7: #a79bff;
    --p0: #6b7683; --p1: #6aaaf0; --p2: #e8b860;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1020px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 32px 0 10px; }
.small { color: var(--soft); font-size: 13px; }
.card, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.card, figure { padding: 14px 18px; margin: 14px 0; }
.card p { margin: 6px 0; }
.card ul { margin: 6px 0; padding-left: 20px; }
.lead { font-size: 17px; font-weight: 600; }
.bad { color: var(--bad); }
.note { color: var(--soft); }
code { background: var(--page); border: 1px solid var(--line); border-radius: 4px; }
code { padding: 1px 5px; font-size: 13px; overflow-wrap: anywhere; }
figcaption { margin-bottom: 8px; }
.halves { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
.halves figure { margin: 0; }
@media (max-width: 800px) { .halves { grid-template-columns: 1fr; } }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg text.axis, svg text.value { fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg .median { fill: var(--card); }
svg .part0 { fill: var(--p0); } svg .part1 { fill: var(--p1); } svg .part2 { fill: var(--p2); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 6px 10px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
tr:first-child th { border-top: 0; color: var(--soft); font-weight: 600; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
.leader th:first-child { color: var(--good); }
"""
