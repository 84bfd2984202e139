"""Write `units.jsonl`: varied texts and how both upstreams split them.

Needs the wheel `qwen-asr` 0.0.6 unpacked (its other dependencies are not imported), and nagisa, soynlp and
transformers importable:

    PYTHONPATH=<folder with soynlp> python tests/golden/make_units.py --qwen-asr <folder with qwen_asr/>
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SEED = 8
TEXTS_PER_LANGUAGE = 190

SAMPLES = {
    "Chinese": "今天 天气 怎么样 我们 去 北京 大学 3点 iPhone A股 𠮷野家 龥 〇 二〇二六年 ㄅㄆ 豈 鿋",
    "Cantonese": "我哋 今日 去 飲茶 唔該 佢 嘅 啲 OK 嗰度 𨋢 幾多 蚊 點解 hea",
    "English": "the quick don't can't rock'n'roll well-known 3.14 U.S.A. naïve café it’s x² e-mail "
    "42nd 1,000 I A",
    "French": "l'été où ça aujourd'hui grand-père œuvre Noël garçon 20h30 n° 2e s’il vous plaît à",
    "German": "Straße über Äpfel ß GROẞ E-Mail 1. Prof. Müller's geht's Donaudampfschiff 3,5 km/h und",
    "Italian": "l'amico perché c'è città più po' 1° dell'arte gnocchi un'altra così e",
    "Japanese": "今日は 東京 へ 行きます カタカナ ｶﾞｷﾞ ㍿ ①番 Python テスト 3.14 ー 々 ですね ありがとう "
    "が ㌔ Ａ１",
    "Korean": "안녕하세요 오늘은 날씨가 좋습니다 학교에 갑니다 대한민국은 저는 K팝을 3시에 그 ㅋㅋㅋ "
    "大韓民國 컴퓨터로 사랑해요",
    "Portuguese": "não coração você pão-de-ló d'água 2ª avó à três ônibus açúcar e",
    "Russian": "привет ёлка что-то 5-й объект МГУ не я Санкт-Петербург всё и́менно COVID-19",
    "Spanish": "¿qué mañana niño 1.ª corazón pingüino ¡hola! tú año él y",
}
WORDS = {name: sample.split() for name, sample in SAMPLES.items()}
ODDITIES = [
    "😀", "👩‍👩‍👧", "🇩🇪", "e\u0301", "\u0301", "n\u0303o", "丽", "\U0002f800", "\U0002fa1d", "\ufa6e",
    "漢字", "日本",
    "abc漢def", "漢-字",
    "-", "—", "...", "'", "''", "’", "«", "»", "(", ")", '"', "&", "$5", "½",
    "Ⅷ", "٣", "مرحبا", "हिन्दी", "ไทย", "한국",
    "\u200b", "\u00ad", "_x_", "a_b", "#tag", "@me", "x/y", "100%", "İstanbul", "ﬁn", "ǆ", "가", "각",
]  # fmt: skip
GLUE = [" "] * 8 + [
    "", ", ", "。", "、", "！", ". ", "? ", " - ", "  ", "\n", "\t", "\u3000", "\u00a0", "…", "\u2028",
]  # fmt: skip
WHOLE = ["", " ", "...", "😀 — !", "\n\t", "'", " a ", "\u0301"]


def texts(language: str) -> Iterator[str]:
    """Yield the texts of one language, always the same."""
    rng = random.Random(f"{SEED} {language}")  # noqa: S311
    yield from WHOLE
    for _ in range(TEXTS_PER_LANGUAGE - len(WHOLE)):
        parts = []
        for _ in range(rng.randint(1, 7)):
            source = ODDITIES if rng.random() < 0.25 else WORDS[language]
            if rng.random() < 0.05:
                source = WORDS[rng.choice(sorted(WORDS))]
            parts += [rng.choice(source), rng.choice(GLUE)]
        yield "".join(parts if rng.random() < 0.3 else parts[:-1])


def qwen_asr_splitter(folder: Path) -> Any:
    """Take the one class out of its file, so that the package and its dependencies are not imported."""
    import nagisa  # noqa: PLC0415

    path = folder / "qwen_asr" / "inference" / "qwen3_forced_aligner.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = "Qwen3ForceAlignProcessor"
    tree.body = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    scope: dict[str, Any] = {
        "__file__": str(path), "nagisa": nagisa, "os": os, "unicodedata": unicodedata, "List": list
    }  # fmt: skip
    exec(compile(tree, str(path), "exec"), scope)  # noqa: S102
    return scope[name]()


def main() -> None:
    """Write the file."""
    from transformers.models.qwen3_asr.processing_qwen3_asr import Qwen3ASRProcessor  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qwen-asr", type=Path, required=True, help="folder that holds qwen_asr/")
    splitter = qwen_asr_splitter(parser.parse_args().qwen_asr)
    lines = []
    for language in sorted(WORDS):
        for text in texts(language):
            official, _ = splitter.encode_timestamp(text, language)
            other = Qwen3ASRProcessor.split_words_for_alignment(None, text, language)
            line = {"language": language, "text": text, "qwen_asr": " ".join(official)}
            if other != official:
                line["transformers"] = " ".join(other)
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    Path(__file__).with_name("units.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
