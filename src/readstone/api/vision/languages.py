"""Language codes that operations accept (contract section 9)."""

from __future__ import annotations

UNKNOWN = "unk"
"""Ask the server to find out."""

OCR = frozenset(
    "unk zh-Hans zh-Hant cs da nl en fi fr de el hu it ja ko nb pl pt ru es sv tr ar ro sr-Cyrl sr-Latn sk".split()
)
"""`language` of /ocr, every version (9.1)."""

READ_V3_0_PREVIEW = frozenset({"en", "es"})
READ_V3_0 = frozenset({"en", "es", "fr", "de", "it", "nl", "pt"})
"""`language` of /read/analyze in v3.0 and v3.1 (9.3)."""

READ_V3_2 = frozenset(
    # The enum of the definition ...
    """
    af ast bi br ca ceb ch co crh cs csb da de en es et eu fi fil fj fr fur fy ga gd gil gl gv hni hsb ht hu ia id it
    iu ja jv kaa kac kea kha kl ko ku kw lb ms mww nap nl no oc pl pt quc rm sco sl sq sv sw tet tr tt uz vo wae yua za
    zh-Hans zh-Hant zu
    """.split()
    # ... and what the documentation of model 2022-04-30 adds to it: an open set.
    + """
    anp ar awa az be be-cyrl be-latn bfy bfz bg bgc bho bns bra brx bs bua cnr-cyrl cnr-latn cy dhi doi dsb fa fo gag
    gon gvr haw hi hlb hne hoc hr is jns kaa-cyrl kfq kk-cyrl kk-latn klr kmj kos kpy krc kru ksh ku-arab ku-latn kum
    ky la lkt lt mi mn mr mt myv ne niu nog os pa prs ps rab ro ru sa sat sck se sk sm sma smj smn sms so sr sr-cyrl
    sr-latn srx tg thf tk to tyv ug ur uz-arab uz-cyrl xnr xsr
    """.split()
)
"""`language` of /read/analyze in v3.2 and its previews (9.3)."""

SCENE = frozenset({"en", "es", "ja", "pt", "zh"})
"""`language` of analyze, describe, tag and models/{model}/analyze up to v3.1, and in v3.2 of what has sentences,
categories or names of people and places in its answer (9.2)."""

TAGS_V3_2 = frozenset(
    """
    ar az bg bs ca cs cy da de el en es et eu fi fr ga gl he hi hr hu id it ja kk ko lt lv mk ms nb nl pl prs pt pt-BR
    pt-PT ro ru sk sl sr-Cyrl sr-Latn sv th tr uk vi zh zh-Hans zh-Hant
    """.split()
)
"""`language` of tags in v3.2, and of whatever is answered in English anyway (9.2)."""
