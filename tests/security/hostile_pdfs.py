"""PDF files by hand, good ones and hostile ones; `document` is the writer that both use."""

from __future__ import annotations

import hashlib
import zlib

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
ONE_PAGE = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
LETTER = b"/MediaBox[0 0 612 792]"


def document(objects: list[bytes], trailer: bytes = b"", version: bytes = b"1.6") -> bytes:
    """Objects numbered from 1, the first the catalogue, with a cross-reference table."""
    out = bytearray(b"%PDF-" + version + b"\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object's body."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def page(entries: bytes = LETTER, contents: bytes = b"", *more: bytes) -> bytes:
    """One page; `contents` is object 4, `more` the objects from 5 on."""
    head = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R%s>>" % entries
    return document([CATALOG, ONE_PAGE, head, stream(contents), *more])


def text_page(lines: list[str], size: float = 12, entries: bytes = LETTER, mode: int = 0) -> bytes:
    """Lines of Helvetica from the top left corner of a letter page; `mode` 3 makes them invisible."""
    drawn = [
        f"BT {mode} Tr /F {size} Tf 60 {740 - 1.5 * size * row} Td ({line}) Tj ET" for row, line in enumerate(lines)
    ]
    fonts = b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    return page(entries + fonts, "\n".join(drawn).encode())


def image_page(data: bytes, codec: bytes, size: tuple[int, int], entries: bytes, points: tuple[int, int]) -> bytes:
    """One image that covers the whole page, which is `points` in size."""
    (width, height), (wide, high) = size, points
    return page(
        b"/MediaBox[0 0 %d %d]/Resources<</XObject<</I 5 0 R>>>>" % points,
        b"q %d 0 0 %d 0 0 cm /I Do Q" % (wide, high),
        stream(data, b"/Type/XObject/Subtype/Image/Width %d/Height %d/Filter/%s%s" % (width, height, codec, entries)),
    )


def many_pages(count: int) -> bytes:
    """A flat page tree."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    tree = b"<</Type/Pages/Count %d/Kids[%s]%s>>" % (count, kids, LETTER)
    return document([CATALOG, tree, *[b"<</Type/Page/Parent 2 0 R>>"] * count])


def encrypted(user_password: bytes) -> bytes:
    """RC4 with 40 bits (ISO 32000-1, 7.6.3, revision 2); the page is empty."""
    padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    identity, permissions = b"0123456789abcdef", -4
    owner = _rc4(hashlib.md5((b"owner" + padding)[:32]).digest()[:5], (user_password + padding)[:32])
    seed = (user_password + padding)[:32] + owner + permissions.to_bytes(4, "little", signed=True) + identity
    user = _rc4(hashlib.md5(seed).digest()[:5], padding)
    lock = b"<</Filter/Standard/V 1/R 2/P %d/O<%s>/U<%s>>>" % (permissions, owner.hex().encode(), user.hex().encode())
    objects = [CATALOG, ONE_PAGE, b"<</Type/Page/Parent 2 0 R%s>>" % LETTER, lock]
    return document(objects, b"/Encrypt 4 0 R/ID[<%s><%s>]" % ((identity.hex().encode(),) * 2))


def hostile_pdfs() -> list[tuple[str, bytes]]:
    """Files that try to exhaust time, memory or the stack, as (name, bytes)."""
    return [
        ("pages-1e5", many_pages(100_000)),
        ("pages-promised", document([CATALOG, b"<</Type/Pages/Count 1000000/Kids[3 0 R]>>", _blank()])),
        ("pages-none", document([CATALOG, b"<</Type/Pages/Count 0/Kids[]>>"])),
        ("pages-circle", document([CATALOG, b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>"])),
        ("pages-deep", _deep_tree(20_000)),
        ("page-200-inch", page(b"/MediaBox[0 0 14400 14400]")),
        ("page-1e9", page(b"/MediaBox[0 0 1e9 1e9]")),
        ("page-speck", page(b"/MediaBox[0 0 .001 .001]")),
        ("page-hair", page(b"/MediaBox[0 0 1200 .01]")),
        ("forms-recursive", _form(b"/A Do /A Do")),
        ("forms-doubling", _doubling_forms(40)),
        ("contents-bomb", _packed_contents(b"0 0 m 9 9 l S ", 100 << 20)),
        ("contents-nested", page(LETTER, b"q " * 500_000 + b"[" * 500_000)),
        ("contents-paths", _packed_contents(b"0 0 612 792 re f ", 8 << 20)),
        ("contents-curves", _packed_contents(b"0 0 m 900 900 0 900 900 0 c S ", 4 << 20)),
        ("objects-bomb", _object_stream_bomb(150 << 20)),
        (
            "filters-chained",
            page(LETTER, b"", stream(b"x"), stream(b"y")).replace(b"/Length 0", b"/Length 0" + _LAYERS),
        ),
        ("xref-loop", _xref_loop()),
        ("xref-vast", _xref_stream_vast()),
        ("length-wrong", page(LETTER, b"0 0 m").replace(b"/Length 5", b"/Length 99999999999")),
        ("length-itself", page(LETTER, b"0 0 m").replace(b"/Length 5", b"/Length 4 0 R")),
        ("image-huge-flate", _huge_image(60_000, b"FlateDecode", zlib.compress(bytes(20 << 20), 6))),
        ("image-huge-run", _huge_image(30_000, b"RunLengthDecode", b"\x81\xff" * 1_000_000)),
        ("image-huge-fax", _huge_image(65_000, b"CCITTFaxDecode", b"\x00\x10\x01" * 9000, bits=1)),
        ("image-vast", _huge_image(2_000_000_000, b"FlateDecode", zlib.compress(b"x" * 900))),
        ("image-many", _many_images()),
        ("mask-huge", _huge_mask()),
        ("pattern-tiny", _tiny_pattern()),
        ("shading-function", _slow_shading()),
        ("transparency", _layered_groups(300)),
        ("font-type3-recursive", _recursive_font()),
        ("encrypted", encrypted(b"secret")),
        ("script", _with_script()),
        ("attachment", _with_attachment()),
        ("array-deep", document([CATALOG, ONE_PAGE, b"[" * 1_000_000])),
        ("garbage", b"%PDF-1.7\n" + bytes(range(256)) * 20_000),
        ("objects-1e6", b"%PDF-1.7\n" + b"1 0 obj<<>>endobj " * 400_000),
    ]


_LAYERS = b"/Filter[" + b"/FlateDecode" * 5000 + b"]"


def _blank() -> bytes:
    return b"<</Type/Page/Parent 2 0 R%s>>" % LETTER


def _deep_tree(depth: int) -> bytes:
    inner = [b"<</Type/Pages/Count 1/Kids[%d 0 R]/Parent %d 0 R>>" % (n + 3, n + 1) for n in range(depth)]
    return document([CATALOG, *inner, b"<</Type/Page/Parent %d 0 R%s>>" % (depth + 1, LETTER)])


def _form(contents: bytes) -> bytes:
    resources = b"/Resources<</XObject<</A 5 0 R>>>>"
    inner = stream(contents, b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]" + resources)
    return page(LETTER + resources, b"/A Do", inner)


def _doubling_forms(depth: int) -> bytes:
    """Each form draws the next one twice: 2^depth rectangles."""
    forms = []
    for number in range(depth):
        resources = b"/Resources<</XObject<</A %d 0 R>>>>" % (number + 6)
        forms.append(stream(b"/A Do /A Do", b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]" + resources))
    last = stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]")
    return page(LETTER + b"/Resources<</XObject<</A 5 0 R>>>>", b"/A Do", *forms, last)


def _packed_contents(part: bytes, size: int) -> bytes:
    packed = zlib.compress(part * (size // len(part)), 6)
    return document(
        [
            CATALOG,
            ONE_PAGE,
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R%s>>" % LETTER,
            stream(packed, b"/Filter/FlateDecode"),
        ]
    )


def _object_stream_bomb(size: int) -> bytes:
    """The page itself lies in an object stream that unpacks to `size` bytes."""
    inside = b"3 0 <</Type/Page/Parent 2 0 R%s>>" % LETTER
    packer = zlib.compressobj(6)
    packed = (
        packer.compress(inside) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    )
    out = bytearray(b"%PDF-1.6\n")
    places = {}
    for number, body in (
        (1, CATALOG),
        (2, ONE_PAGE),
        (4, stream(packed, b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode")),
    ):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    rows = [b"\0\0\0\0\0\0", *(b"\1" + places[n].to_bytes(4, "big") + b"\0" for n in (1, 2))]
    rows += [b"\2" + (4).to_bytes(4, "big") + b"\0", b"\1" + places[4].to_bytes(4, "big") + b"\0"]
    rows += [b"\1" + start.to_bytes(4, "big") + b"\0"]
    table = stream(b"".join(rows), b"/Type/XRef/Size 6/W[1 4 1]/Root 1 0 R")
    out += b"5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, start)
    return bytes(out)


def _xref_loop() -> bytes:
    """The trailer names itself as the one before."""
    good = page()
    start = good.rindex(b"xref\n0 ")
    return good.replace(b"trailer<<", b"trailer<</Prev %d" % start)


def _xref_stream_vast() -> bytes:
    table = stream(
        zlib.compress(bytes(30 << 20), 9), b"/Type/XRef/Size 2000000000/W[1 4 1]/Root 1 0 R/Filter/FlateDecode"
    )
    return b"%%PDF-1.6\n1 0 obj\n%s\nendobj\nstartxref\n9\n%%%%EOF\n" % table


def _huge_image(side: int, codec: bytes, data: bytes, bits: int = 8) -> bytes:
    colours = b"/ColorSpace/DeviceRGB/BitsPerComponent 8" if bits == 8 else b"/ColorSpace/DeviceGray/BitsPerComponent 1"
    if codec == b"CCITTFaxDecode":
        colours += b"/DecodeParms<</K -1/Columns %d/Rows %d>>" % (side, side)
    return image_page(data, codec, (side, side), colours, (612, 792))


def _many_images() -> bytes:
    """One image of 9 megapixels, drawn a thousand times."""
    resources = b"/Resources<</XObject<</I 5 0 R>>>>"
    data = zlib.compress(bytes(9_000_000), 6)
    entries = b"/Type/XObject/Subtype/Image/Width 3000/Height 3000/ColorSpace/DeviceGray/BitsPerComponent 8"
    drawn = b"".join(b"q 600 0 0 600 %d 0 cm /I Do Q " % (number % 9) for number in range(1000))
    return page(LETTER + resources, drawn, stream(data, entries + b"/Filter/FlateDecode"))


def _huge_mask() -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width 9/Height 9/ColorSpace/DeviceRGB/BitsPerComponent 8/SMask 6 0 R"
    mask = b"/Type/XObject/Subtype/Image/Width 40000/Height 40000/ColorSpace/DeviceGray/BitsPerComponent 8"
    packed = zlib.compress(bytes(20 << 20), 6)
    resources = b"/Resources<</XObject<</I 5 0 R>>>>"
    images = (stream(bytes(243), entries), stream(packed, mask + b"/Filter/FlateDecode"))
    return page(LETTER + resources, b"q 612 0 0 792 0 0 cm /I Do Q", *images)


def _tiny_pattern() -> bytes:
    cell = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep .001/YStep .001/Resources<<>>"
    resources = b"/Resources<</Pattern<</P 5 0 R>>>>"
    return page(LETTER + resources, b"/Pattern cs /P scn 0 0 612 792 re f", stream(b"0 0 .5 .5 re f", cell))


def _slow_shading() -> bytes:
    """A function of position with 20,000 steps for every pixel, drawn fifty times."""
    steps = b"{" + b"sin " * 20_000 + b"add dup dup}"
    function = stream(steps, b"/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]")
    shading = b"<</ShadingType 1/ColorSpace/DeviceRGB/Matrix[612 0 0 792 0 0]/Function 5 0 R>>"
    return page(LETTER + b"/Resources<</Shading<</S 6 0 R>>>>", b"/S sh " * 50, function, shading)


def _layered_groups(depth: int) -> bytes:
    """Transparency groups inside one another, each as large as the page."""
    forms = []
    for number in range(depth):
        resources = b"/Resources<</XObject<</A %d 0 R>>/ExtGState<</G<</ca .9/BM/Multiply>>>>>>" % (number + 6)
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Group<</S/Transparency/I true>>" + resources
        forms.append(stream(b"/G gs /A Do", entries))
    last = stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]")
    return page(LETTER + b"/Resources<</XObject<</A 5 0 R>>>>", b"/A Do", *forms, last)


def _recursive_font() -> bytes:
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 97/LastChar 97/Widths[1]"
        b"/Encoding<</Differences[97/a]>>/CharProcs<</a 6 0 R>>/Resources<</Font<</F 5 0 R>>>>>>"
    )
    glyph = stream(b"1 0 d0 BT /F 1 Tf (aaaaaaaaaa) Tj ET")
    return page(LETTER + b"/Resources<</Font<</F 5 0 R>>>>", b"BT /F 10 Tf (" + b"a" * 1000 + b") Tj ET", font, glyph)


def _with_script() -> bytes:
    catalog = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(while\\(1\\);)>>>>"
    return document([catalog, ONE_PAGE, _blank()])


def _with_attachment() -> bytes:
    catalog = b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a.exe) 4 0 R]>>>>>>"
    file = b"<</Type/Filespec/F(a.exe)/EF<</F 5 0 R>>>>"
    return document([catalog, ONE_PAGE, _blank(), file, stream(b"MZ" * 5000, b"/Type/EmbeddedFile")])


def _rc4(key: bytes, data: bytes) -> bytes:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)
