"""Files that pretend to be recordings and name another one, which must never be opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_BOM = "\ufeff"


def tricks(other: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file.

    Args:
        other: the recording that they name.
    """
    for name, text in _texts(other):
        yield name, text.encode()
    hls = _hls(str(other))
    yield "hls with a mark.mp4", (_BOM + hls).encode()
    yield "hls in utf-16.mp4", (_BOM + hls).encode("utf-16-le")
    yield "hls behind an id3 tag.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + hls.encode()
    yield "hls behind zeros.ts", bytes(16) + hls.encode()
    yield "hls behind blanks.m4a", b"\n\n   \t" + hls.encode()
    yield "dash behind zeros.mp4", bytes(8) + _dash(str(other)).encode()
    yield (
        "ffconcat behind ftyp.mp4",
        b"\x00\x00\x00\x10ftypisom" + bytes(4) + b"ffconcat version 1.0\nfile x.wav\n",
    )
    yield "external reference.mov", _mov_with_reference(other)
    yield "ogg magic.ogg", b"OggS" + hls.encode()
    yield "riff magic.wav", b"RIFF" + hls.encode()
    yield "matroska magic.mkv", b"\x1aE\xdf\xa3" + hls.encode()
    yield "asf redirect.wma", b"ASF " + str(other).encode()


def _texts(other: Path) -> Iterator[tuple[str, str]]:
    path, uri = str(other), other.as_uri()
    for name in ("hls.mp4", "hls.m4a", "hls.m3u8", "hls.wav", "hls.mp3", "hls.ts", "hls"):
        yield name, _hls(path)
    yield "hls by uri.mp4", _hls(uri)
    yield "hls by file protocol.mp4", _hls(f"file:{path}")
    yield "hls by concat.mp4", _hls(f"concat:{path}|{path}")
    yield "hls by subfile.mp4", _hls(f"subfile,,start,0,end,0,,:{path}")
    yield "hls by crypto.mp4", _hls(f"crypto:{path}")
    yield "hls by cache.mp4", _hls(f"cache:{path}")
    yield "hls live.mp4", _hls(path).replace("#EXT-X-ENDLIST\n", "")
    yield "hls master.mp4", f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{path}\n"
    key = f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{uri}"\n'
    yield "hls key.mp4", key + _hls(path).removeprefix("#EXTM3U\n")
    yield "hls map.mp4", _hls(path).replace("#EXTINF", f'#EXT-X-MAP:URI="{path}"\n#EXTINF')
    yield "dash.mp4", _dash(path)
    yield "dash by uri.mp4", _dash(uri)
    yield "smooth.mp4", f'<?xml version="1.0"?><SmoothStreamingMedia Url="{path}"/>'
    yield "ffconcat.mp4", f"ffconcat version 1.0\nfile '{path}'\n"
    yield "ffconcat beside.mp4", f"ffconcat version 1.0\nfile {other.name}\n"
    yield "sdp.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 97\n"
    yield "pls.mp3", f"[playlist]\nFile1={path}\nNumberOfEntries=1\n"
    yield "asx.wma", f'<asx version="3.0"><entry><ref href="{path}"/></entry></asx>'
    yield "reference.asf", f"[Reference]\nRef1={path}\n"
    yield "imf.mp4", f"<?xml version='1.0'?><CompositionPlaylist><Path>{path}</Path></CompositionPlaylist>"
    yield "names.mp4", f"{path}\n{path}\n"
    yield "vobsub.mp4", f"# VobSub index file, v7\nid: en, index: 0\n{path}\n"


def _hls(uri: str) -> str:
    return (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:3.0,\n"
        f"{uri}\n#EXT-X-ENDLIST\n"
    )


def _dash(uri: str) -> str:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT3S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        '<AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="64000" codecs="mp4a.40.2">'
        f"<BaseURL>{uri}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )


def _box(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def _mov_with_reference(other: Path) -> bytes:
    """Return a QuickTime file without samples of its own, whose data reference is another file."""
    reference = _box(b"url ", b"\x00\x00\x00\x00" + other.as_uri().encode() + b"\x00")
    movie = _box(b"rmra", _box(b"rmda", _box(b"rdrf", bytes(4) + b"url " + bytes(4) + str(other).encode())))
    data = _box(b"dinf", _box(b"dref", bytes(4) + b"\x00\x00\x00\x01" + reference))
    return _box(b"ftyp", b"qt  " + bytes(4)) + _box(
        b"moov", movie + _box(b"trak", _box(b"mdia", _box(b"minf", data)))
    )
