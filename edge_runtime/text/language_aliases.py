"""Other names of the languages: ISO 639 codes, English and own names, and the dialects of Chinese.

Codes: the registry of ISO 639-2 and 639-3, bibliographic codes and those of the standard variety of a
macrolanguage included. Dialects: the 22 of the model card of Qwen3-ASR. The model prints and takes no names
of dialects; what it transcribes is Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CHINESE: Final = "Chinese"
CANTONESE: Final = "Cantonese"

_NAMES: Final[Mapping[str, str]] = {
    "Arabic": "ar, ara, arb, العربية, عربي",
    CANTONESE: "yue, Yue, Cantonese (HK), Cantonese (Guangdong), Guangdong, 粤语, 粵語, 广东话, 廣東話, 白话",
    CHINESE: (
        "zh, zho, chi, cmn, Mandarin, Mandarin Chinese, Chinese (Mandarin), Putonghua, "
        "中文, 汉语, 漢語, 普通话, 普通話, 国语, 國語, 华语, 華語"
    ),
    "Czech": "cs, ces, cze, Čeština, česky",
    "Danish": "da, dan, Dansk",
    "Dutch": "nl, nld, dut, Flemish, Nederlands, Vlaams",
    "English": "en, eng",
    "Filipino": "fil, tl, tgl, Tagalog, Pilipino, Wikang Filipino",
    "Finnish": "fi, fin, Suomi",
    "French": "fr, fra, fre, Français",
    "German": "de, deu, ger, Deutsch",
    "Greek": "el, ell, gre, Modern Greek, Ελληνικά",
    "Hindi": "hi, hin, हिन्दी, हिंदी",
    "Hungarian": "hu, hun, Magyar",
    "Indonesian": "id, ind, Bahasa Indonesia",
    "Italian": "it, ita, Italiano",
    "Japanese": "ja, jpn, 日本語",
    "Korean": "ko, kor, 한국어, 조선말",
    "Macedonian": "mk, mkd, mac, Македонски",
    "Malay": "ms, msa, may, zsm, Bahasa Melayu, Bahasa Malaysia",
    "Persian": "fa, fas, per, pes, Farsi, فارسی",
    "Polish": "pl, pol, Polski",
    "Portuguese": "pt, por, Português",
    "Romanian": "ro, ron, rum, Moldavian, Moldovan, Română",
    "Russian": "ru, rus, Русский",
    "Spanish": "es, spa, Castilian, Español, Castellano",
    "Swedish": "sv, swe, Svenska",
    "Thai": "th, tha, ไทย, ภาษาไทย",
    "Turkish": "tr, tur, Türkçe",
    "Vietnamese": "vi, vie, Tiếng Việt",
}

_DIALECTS: Final = (
    "Anhui, Dongbei, Fujian, Gansu, Guizhou, Hebei, Henan, Hubei, Hunan, Jiangxi, Ningxia, Shandong, "
    "Shaanxi, Shanxi, Sichuan, Sichuanese, Tianjin, Yunnan, Zhejiang, Wu, wuu, Shanghainese, "
    "Minnan, nan, Min Nan, Southern Min, Hokkien, Taiwanese, "
    "安徽话, 东北话, 福建话, 甘肃话, 贵州话, 河北话, 河南话, 湖北话, 湖南话, 江西话, 宁夏话, 山东话, "
    "陕西话, 山西话, 四川话, 四川話, 天津话, 云南话, 浙江话, 吴语, 吳語, 上海话, 上海話, "
    "闽南语, 閩南語, 闽南话, 台语, 臺語, "
    # Other members of the macrolanguage zho.
    "gan, hak, Hakka, 客家话, 客家話, hsn, Xiang, cjy, Jin, cdo, cpx, mnp, czh, czo"
)

_REGIONS: Final[Mapping[str, str]] = {"zh-hk": CANTONESE, "zh-mo": CANTONESE}
"""Tags whose region changes the spoken language: what services of speech mean by them."""

_SUFFIXES: Final = (" dialect", " chinese", "话", "話", "方言")


def normal_key(name: str) -> str:
    """Return a name as the tables have it: case folded, one blank between words, `-` for `_`."""
    return " ".join(name.casefold().replace("_", "-").split())


def _keys(names: str) -> list[str]:
    return [normal_key(name) for name in names.split(",")]


_BY_ALIAS: Final = {
    alias: name for name, aliases in _NAMES.items() for alias in [*_keys(aliases), *_keys(name)]
}
_DIALECT_KEYS: Final = frozenset(_keys(_DIALECTS))


def name_of_alias(key: str) -> str | None:
    """Return the English name of the language that a normal key means, None where it is no alias."""
    return _BY_ALIAS.get(key)


def code_of(name: str) -> str | None:
    """Return the shortest ISO 639 code of a language by its English name, None where it is not known."""
    return _NAMES[name].partition(",")[0] if name in _NAMES else None


def name_of_region(primary: str, region: str) -> str | None:
    """Return the language of a tag whose region decides what is spoken."""
    return _REGIONS.get(f"{primary}-{region}")


def is_dialect(key: str) -> bool:
    """Tell whether a normal key names a dialect of Chinese that the model transcribes as Chinese."""
    if key in _DIALECT_KEYS:
        return True
    stems = (key.removesuffix(suffix) for suffix in _SUFFIXES if key.endswith(suffix))
    return any(stem in _DIALECT_KEYS or f"{stem}话" in _DIALECT_KEYS for stem in stems)
