"""Mistakes in opening and verifying a bundle."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

_DIGITS: Final = ("bundle/test_bundle.py::test_every_digit_of_a_hash_counts",)
_SIZE: Final = ("bundle/test_bundle.py::test_a_file_of_another_size_is_refused_before_any_is_read",)
_NAMES: Final = ("bundle/test_bundle.py::test_such_a_name_is_refused_even_where_a_manifest_has_it",)
_BOUNDS: Final = (
    *("bundle/test_bundle.py::test_a_manifest_that_is_too_long_is_refused_as_such",),
    *("bundle/test_bundle.py::test_lists_and_objects_are_nested_so_deep_and_no_deeper",),
)
_VALUES: Final = ("bundle/test_bounds.py",)
_CHANGED: Final = (
    *("bundle/test_bundle.py::test_a_changed_byte_is_refused_wherever_it_lies[manifest.json]",),
    *("bundle/test_bundle.py::test_a_changed_byte_is_refused_wherever_it_lies[manifest.json.sha256]",),
)
_OPENED: Final = ("bundle/test_opened_once.py",)
_SIGNING: Final = ("bundle/test_signing.py",)

BUNDLE: Final = {
    "eight digits of a hash are compared": Mutant(
        "bundle/bundle.py",
        "if actual != entries[name].sha256:",
        "if actual[:8] != entries[name].sha256[:8]:",
        _DIGITS,
    ),
    "the size of a file is not compared": Mutant(
        "bundle/bundle.py", "if file.size != entry.bytes:", "if file.size < 0:", _SIZE
    ),
    "a name may lead out of the bundle": Mutant(
        "bundle/bundle.py", "if Path(name).name != name or not name:", "if not name:", _NAMES
    ),
    "other files may lie in a bundle": Mutant(
        "bundle/bundle.py", "    folder.require_only({*UNLISTED, *listed})\n", "", _OPENED
    ),
    "files are opened anew after they were hashed": Mutant(
        "bundle/bundle.py",
        "            return self.files[name]\n",
        "            return Folder(self.directory).open(name)\n",
        _OPENED,
    ),
    "the hash of the manifest is not compared": Mutant(
        "bundle/manifest_file.py", "    if expected != line:\n", "    if not expected:\n", _CHANGED
    ),
    "the hash of the manifest is compared without its line end": Mutant(
        "bundle/manifest_file.py", "if expected != line:", "if expected.strip() != line.strip():", _CHANGED
    ),
    "a manifest may be of any length": Mutant(
        "bundle/manifest_file.py", "if len(data) > max_bytes:", "if len(data) < 0:", _BOUNDS
    ),
    "a manifest may be a level deeper": Mutant(
        "bundle/manifest_file.py", "if depth > MAX_DEPTH:", "if depth > MAX_DEPTH + 1:", _BOUNDS
    ),
    "a manifest without signature is trusted": Mutant(
        "bundle/manifest_file.py",
        "        trust.require_signature(folder, data)\n",
        "        pass\n",
        _SIGNING,
    ),
    "a signature of any key is trusted": Mutant(
        "bundle/trust.py", "        return False\n", "        return True\n", _SIGNING
    ),
    "links are followed": Mutant("opened_file.py", "(0 if is_ours else _NO_LINKS)", "0", _OPENED),
    "a named pipe is waited for or read": Mutant(
        "opened_file.py", "if not stat.S_ISREG(mode):", "if stat.S_ISDIR(mode):", _OPENED
    ),
    "everybody may write a file": Mutant(
        "opened_file.py", "    if not is_ours:\n        require_unshared(path, mode)\n", "", _OPENED
    ),
    "everybody may write the folder": Mutant(
        "bundle/folder.py", "            self._require_unshared()\n", "            pass\n", _OPENED
    ),
    "a file is looked up by its path, not in its folder": Mutant(
        "opened_file.py",
        "name = path if folder is None else path.name",
        "name = path.absolute()",
        ("bundle/test_opened_once.py::test_files_are_those_of_the_folder_that_was_opened",),
    ),
    "a prompt may have an id beyond the vocabulary": Mutant(
        "bundle/bounds.py",
        "if max(fed) >= decoder.vocab_size:",
        "if max(fed) > decoder.vocab_size:",
        _VALUES,
    ),
    "a graph may be missing from the files": Mutant(
        "bundle/bounds.py",
        "if component.graph not in manifest.files:",
        "if not component.graph:",
        _VALUES,
    ),
}
