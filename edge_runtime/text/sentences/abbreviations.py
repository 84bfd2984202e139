"""Abbreviations whose full stop need not end a sentence, by language."""

from __future__ import annotations

from typing import Final

_BEFORE_NAMES: Final[dict[str, str]] = {
    "English": "mr mrs ms dr prof st mt ft rev hon gen col capt cmdr lt maj sgt pres gov sen rep messrs "
    "vs e.g i.e cf approx dept est",
    "German": "hr fr frl dr prof dipl ing z.b d.h u.a ca bzw vgl st nr abs ggf evtl inkl exkl sog geb z bspw",
    "French": "m mm mme mmes mlle mlles dr pr me st ste cf ex env av p.ex",
    "Spanish": "sr sra srta sres dr dra prof d dña ud uds avda pág núm p.ej aprox gral",
    "Portuguese": "sr sra srs sras dr dra prof profa eng av pág núm n.º p.ex aprox",
    "Italian": "sig sigg sig.ra sig.na dott dott.ssa prof prof.ssa ing avv pag on ecc.mo p.es es ca",
    "Dutch": "dhr mevr mw dr drs ir prof mr bv b.v d.w.z nl o.a ca blz",
    "Russian": "г ул пр д им т.е т.к т.н см ср стр рис акад проф гр тов",
    "Polish": "p dr prof mgr inż ul np tzn tj ks św gen płk nr",
    "Czech": "p pí dr prof mgr ing ul např tzv tj sv č",
    "Swedish": "hr fr dr prof t.ex d.v.s bl.a ca s.k nr",
    "Danish": "hr fr dr prof f.eks bl.a ca s.k nr",
    "Finnish": "hra rva tri prof esim ns ts n nro",
    "Turkish": "dr prof doç av sn bkz cad sok no",
}
"""A name or what is abbreviated always follows, however long the speaker waits."""

_MAY_END: Final[dict[str, str]] = {
    "English": "a.m p.m u.s u.k u.n d.c inc ltd corp co jr sr etc al ph.d b.c a.d oz ave blvd rd",
    "German": "usw etc jh chr str mio mrd gmbh tel",
    "French": "etc apr j.-c boul",
    "Spanish": "etc ee.uu a.m p.m s.a",
    "Portuguese": "etc ltda a.c d.c",
    "Italian": "ecc s.p.a a.c d.c",
    "Dutch": "enz etc n.chr",
    "Russian": "т.д т.п др гг в вв руб коп тыс млн млрд",
}
"""A sentence may end with them too: a capital after a pause says that one did."""

_BEFORE_NUMBERS: Final[dict[str, str]] = {
    "English": "no nos p pp vol fig art ch sec",
    "German": "s bd abb art kap",
    "French": "p pp vol fig art chap",
    "Spanish": "p pp vol fig art cap no",
    "Portuguese": "p pp vol fig art cap",
    "Italian": "p pp vol fig art cap n",
}

ORDINAL_LANGUAGES: Final = frozenset(
    {
        "German",
        "Czech",
        "Danish",
        "Finnish",
        "Hungarian",
        "Polish",
        "Turkish",
        "Norwegian",
        "Croatian",
        "Slovak",
    }
)
"""A number with a full stop is an ordinal there: "am 3. Mai"."""

_DEFAULT: Final = "English"
"""Stands in for languages without a list of their own."""


def needs_name(abbreviation: str, language: str | None) -> bool:
    """Tell whether more of the sentence must follow; `abbreviation` in lower case without its last stop."""
    return abbreviation in _words(_BEFORE_NAMES, language)


def may_end(abbreviation: str, language: str | None) -> bool:
    """Tell whether it is an abbreviation with which a sentence may end or not."""
    return abbreviation in _words(_MAY_END, language)


def needs_number(abbreviation: str, language: str | None) -> bool:
    """Tell whether it is an abbreviation before a number, and a word elsewhere: "No. 5", but "I said no."."""
    return abbreviation in _words(_BEFORE_NUMBERS, language)


def _words(table: dict[str, str], language: str | None) -> list[str]:
    return table.get(language if language in _BEFORE_NAMES else _DEFAULT, "").split()
