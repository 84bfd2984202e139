"""Words that belong to what follows: conjunctions, prepositions, articles, by language.

A line of a subtitle may begin with one, and should not end with one.
"""

from __future__ import annotations

from typing import Final

_LEADING: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "English": "and or but so because that which who when where while if than as of in on at to for "
        "from with by about into over under after before until between through without the a "
        "an my your his her its our their this these those not",
        "German": "und oder aber denn weil dass wenn als ob wie der die das den dem des ein eine einen "
        "einem einer in im am an auf zu zum zur für von vom mit bei nach aus über unter vor "
        "durch gegen ohne um nicht",
        "French": "et ou mais car que qui quand où si comme le la les un une des du de d' l' à au aux "
        "en dans sur sous pour par avec sans chez entre vers ne mon ma mes ton son sa ses ce "
        "cette ces",
        "Spanish": "y e o u pero porque que quien cuando donde si como el la los las un una unos unas de "
        "del a al en con por para sin sobre entre hasta desde no mi tu su sus este esta",
        "Portuguese": "e ou mas porque que quem quando onde se como o a os as um uma de do da dos das em no "
        "na nos nas com por para sem sobre entre até não meu minha seu sua",
        "Italian": "e ed o ma perché che chi quando dove se come il lo la i gli le un uno una di del "
        "della dei a al alla in nel nella con per da dal su tra fra non mio mia suo sua",
        "Dutch": "en of maar want omdat dat die wanneer als de het een in op aan te voor van met bij "
        "naar uit over onder na door zonder niet mijn zijn haar",
        "Russian": "и а но или что чтобы когда где если как в во на к ко с со у о об от до за из по под "
        "над при для без не",
        "Polish": "i a ale lub albo bo że żeby kiedy gdzie jeśli jak w we na do z ze u o od za po pod "
        "nad przy dla bez nie",
    }.items()
}

_CLINGING: Final = frozenset("的了吗吧呢啊着过们么嘛はがをにでとものたてねよかへ々ーっゃゅょッャュョ")
"""Chinese and Japanese particles and small kana, which belong to what stands before them."""


def leads(word: str, language: str | None) -> bool:
    """Tell whether a word belongs to the next one; unknown languages have no such words."""
    return word.lower().strip("\"'“„«(¿¡-") in _LEADING.get(language or "", frozenset())


def clings(text: str) -> bool:
    """Tell whether a text begins with a particle that belongs to the character before it."""
    return text[:1] in _CLINGING
