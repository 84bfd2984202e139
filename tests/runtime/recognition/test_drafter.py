"""Which drafts a recording gets."""

from __future__ import annotations

from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.decoding.ngram_table import NGramTable
from edge_runtime.recognition.drafter import Drafter
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.text.languages import LanguageChoice

MANIFEST = read_manifest(SHIPPED["mini"]).manifest
TAG = MANIFEST.require_asr().prompt.text_tag_id
LANGUAGES = {language.name: language for language in MANIFEST.languages}
ENGLISH, CHINESE = LANGUAGES["English"].force_ids, LANGUAGES["Chinese"].force_ids
DETECTED = DecodingOptions(None, (), None)
FORCED = DecodingOptions(LanguageChoice(LANGUAGES["English"]), (), None)


def test_an_answer_is_expected_to_begin_like_the_last_one() -> None:
    drafter = Drafter(MANIFEST)
    assert drafter.draft(DETECTED).propose(ENGLISH[:1], 7) == (), "nothing is known at first"
    drafter.learn((*CHINESE, 500, 501))
    assert drafter.draft(DETECTED).propose(CHINESE[:1], 7) == tuple(CHINESE[1:])
    assert drafter.draft(DETECTED).propose(ENGLISH[:2], 7) == tuple(ENGLISH[2:]), "the text is another"
    drafter.learn((500, 501))
    assert drafter.draft(DETECTED).propose(CHINESE[:1], 7) == tuple(CHINESE[1:]), "that answer had no head"


def test_an_answer_of_nobody_is_remembered_too() -> None:
    drafter = Drafter(MANIFEST)
    drafter.learn((ENGLISH[0], 871, TAG))
    assert drafter.draft(DETECTED).propose([ENGLISH[0]], 7) == (871, TAG)


def test_a_forced_language_is_no_part_of_the_answer() -> None:
    drafter = Drafter(MANIFEST)
    drafter.learn((*ENGLISH, 500))
    table = NGramTable([[500, 501, 502]], TAG)
    draft = drafter.draft(DecodingOptions(FORCED.forced_language, (), None, table))
    assert draft.propose(ENGLISH[:1], 7) == ()
    assert drafter.draft(DecodingOptions(FORCED.forced_language, (), None, table)).propose([500], 7) == [
        501,
        502,
    ]


def test_an_earlier_transcript_comes_first_and_the_domain_last() -> None:
    table = NGramTable([[500, 501, 502, 503]], TAG)
    options = DecodingOptions(None, (1, 500, 501, 502, 600), None, table)
    text = [*ENGLISH, 500, 501, 502]
    assert Drafter(MANIFEST).draft(options, [*text, 700]).propose(text, 7) == (700,)
    assert Drafter(MANIFEST).draft(options).propose(text, 1) == (600,)
    assert Drafter(MANIFEST).draft(DecodingOptions(None, (), None, table)).propose(text, 1) == [503]
