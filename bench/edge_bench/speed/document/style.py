"""The style of a page: narrow screens first, light and dark."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{--ground:#fff;--ink:#1c2126;--quiet:#5b6670;--line:#d9dee3;--card:#f5f7f9;--data:#1f6feb;--mark:#b4540a;--bad:#b3261e}
@media(prefers-color-scheme:dark){
:root{--ground:#14181c;--ink:#e8ecef;--quiet:#9aa5af;--line:#343c44;--card:#1d2329;--data:#6ea8fe;--mark:#f0a35e;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:auto;padding:20px 16px 48px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:36px 0 10px}
p{margin:0 0 8px}.quiet{color:var(--quiet)}
.bad{border:2px solid var(--bad);border-radius:8px;padding:8px 12px;margin:14px 0;color:var(--bad);font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px;margin:18px 0 0;padding:0}
.tile{background:var(--card);border-radius:8px;padding:10px 12px}
.tile b{display:block;font-size:1.35rem;line-height:1.3;font-variant-numeric:tabular-nums}
.tile span{color:var(--quiet);font-size:.85rem;display:block}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:20px}
figure{margin:0;min-width:0}figcaption{color:var(--quiet);font-size:.9rem;margin-top:4px}
figure h3{font-size:1rem;margin:0 0 6px}
svg{display:block;width:100%;height:auto;background:var(--card);border-radius:8px}
svg text{font:12px system-ui,sans-serif;fill:var(--quiet)}
svg .name{fill:var(--ink);font-weight:600}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--quiet);fill:none}
.bar,.dot{fill:var(--data)}.dot{fill-opacity:.75}.line{stroke:var(--data);stroke-width:2;fill:none}
.mark{stroke:var(--mark);stroke-width:1.5}.roof{stroke:var(--mark);stroke-width:2;fill:none}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:5px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}thead th{color:var(--quiet);font-weight:600}
.facts td{white-space:normal;text-align:left;overflow-wrap:anywhere}.facts td:first-child{color:var(--quiet);width:7.5em}
dt{font-weight:600}dd{margin:0 0 8px;color:var(--quiet)}
""".strip()
"""Inline, since the page loads nothing. No color carries a meaning alone."""
