"""Elements of SVG and HTML, every text and attribute escaped."""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | float) -> Markup:
    """Return an element.

    Args:
        name: of the element.
        children: texts, which are escaped, and elements.
        attributes: `stroke_width` is written as `stroke-width`, `class_` as `class`.
    """
    listed = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"' for key, value in attributes.items()
    )
    return Markup(f"<{name}{listed}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Return children one behind the other, texts escaped."""
    return Markup("".join(one if isinstance(one, Markup) else escape(one, quote=False) for one in children))


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
