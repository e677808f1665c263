"""Accuracy of what Readstone sees on labelled pictures.

    python bench/accuracy_scene.py --data ../shared/data/vision --out FILE.json [--detail]

The folder holds `labels.jsonl` (a picture a line, `file` relative to the folder) and, if there is one,
`documented_answers.jsonl` (answers of the service; those with `have_image` are used). Each picture goes through
the viewer that the server uses by default. FILE.json gets these keys, fractions from 0 to 1, or null where no label
speaks of it:

category_accepted   pictures with `categories_ok` whose highest-scored returned category is in the list.
tag_recall          entries of `tags_must`, over all pictures, one of whose alternatives ("a|b") is returned.
tag_precision       returned tags of confidence >= .5 that are right, among those that labels can judge: the tag
                    is, anywhere in the set, a required tag, an object or a broader name of one; it is right when
                    this picture's required tags, objects, accepted categories, setting or people's captions say
                    so. Only pictures with captions or required tags count, and "indoor" and "outdoor" only
                    where `setting` is known. Who labelled left much unsaid (a sky, grass), and what is unsaid
                    counts as wrong: a lower bound.
indoor_outdoor      pictures with `setting` whose surer one of the tags "indoor" and "outdoor" is the right one.
ap50                COCO pictures: AP at IoU .5 with detections of all scores, mean over the classes present;
                    crowd boxes are ignored.
object_precision    COCO pictures, returned objects, boxes above 1 % of the picture: pairs of picture and name
object_recall       that are right among those returned, and that are returned among those labelled; a name
                    labelled only as crowd or smaller is neither.
face_count_exact    pictures with `faces` with just so many faces returned.
clip_art            pictures with `clip_art_type` (equal), `clip_art_type_min` (at least) and COCO ones (0).
line_drawing        pictures with `line_drawing_type` (equal) and COCO ones (0).
black_white         pictures with `is_bw`.
colour_names        documented answers with a picture: F1 of the set of dominant names, the mean.
accent_hue          the same: accents at most 20 degrees of hue away; grey only for grey.
caption_unsupported_nouns
                    pictures whose best caption has a noun that neither a returned tag nor a returned object
                    names or implies: what the caption made up. A face found may be called a man, woman,
                    boy, girl, child or baby. (Whether what it took from them is right is for tag_precision
                    and a reader's eye.)

"detail" holds figures for information: `pictures` counted for each key, `tag_precision_all` (supported among all
tags of confidence >= .5, words that no label speaks of counting as wrong: a lower bound), `caption_nouns_labelled`
(nouns of captions that the labels name), and `missed`, what fell short on which picture.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from readstone.domain.picture import Picture
from readstone.domain.scene import Feature, Scene, SceneOptions
from readstone.engines.scene.evidence import Evidence
from readstone.engines.scene.models import OnnxModels
from readstone.engines.scene.viewer import PictureViewer
from readstone.intake.decode import ImageLimits, decode
from scene_score import (
    Label,
    average_precision,
    hue_distance,
    is_supported,
    judgeable,
    labelled,
    names_f1,
    nouns,
    unsupported_nouns,
)

REPOSITORY = Path(__file__).resolve().parent.parent
KEYS = (
    "category_accepted tag_recall tag_precision indoor_outdoor ap50 object_precision object_recall face_count_exact "
    "clip_art line_drawing black_white colour_names accent_hue caption_unsupported_nouns"
).split()
WANTED = frozenset(Feature) - {Feature.CELEBRITIES, Feature.LANDMARKS, Feature.CROPS, Feature.DENSE_CAPTIONS}
ANY_IMAGE = ImageLimits(frozenset({"Jpeg", "Png", "Gif", "Bmp", "Webp"}), 1, 20_000, 100_000_000)
SURE = 0.5
SMALL = 0.01


@dataclass
class Tally:
    """Outcomes per key, and the pictures that fell short."""

    outcomes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, key: str, right: float, note: str = "") -> None:
        """Count one outcome, 0 to 1; `note` is kept when it is below 1."""
        self.outcomes[key].append(float(right))
        if right < 1 and note:
            self.missed[key].append(note)

    def mean(self, key: str) -> float | None:
        """Mean of the outcomes; None without any."""
        values = self.outcomes.get(key)
        return round(sum(values) / len(values), 4) if values else None


def load(path: Path) -> Picture:
    """A picture as the server decodes it."""
    return decode(path.read_bytes(), ANY_IMAGE)


def is_coco(label: Label) -> bool:
    """Whether a picture's objects are completely labelled and it is known to be a photograph."""
    return str(label.get("source", "")).startswith("COCO")


def judge(tally: Tally, label: Label, scene: Scene, vocabulary: set[str]) -> None:
    """Count what one answer is worth, but for ap50."""
    name = Path(label["file"]).name
    if label.get("categories_ok"):
        best = max(scene.categories or (), key=lambda c: c.score, default=None)
        tally.add("category_accepted", best is not None and best.name in label["categories_ok"], f"{name}: {best}")
    judge_tags(tally, label, scene, vocabulary, name)
    if is_coco(label):
        judge_objects(tally, label, scene, name)
    if label.get("faces") is not None:
        count = len(scene.faces or ())
        tally.add("face_count_exact", count == label["faces"], f"{name}: {count} of {label['faces']}")
    judge_look(tally, label, scene, name)
    judge_caption(tally, label, scene, name)


def judge_tags(tally: Tally, label: Label, scene: Scene, vocabulary: set[str], name: str) -> None:
    """Recall, precision and setting."""
    tags = {tag.name.lower(): tag.confidence for tag in scene.tags or ()}
    for entry in label.get("tags_must", ()):
        tally.add("tag_recall", any(one.lower() in tags for one in entry.split("|")), f"{name}: {entry}")
    if label.get("tags_must") or label.get("captions"):
        known = labelled(label)
        for tag, confidence in tags.items():
            if confidence >= SURE and not (tag in ("indoor", "outdoor") and not label.get("setting")):
                right = is_supported(tag, known)
                tally.add("tag_precision_all", right)
                if is_supported(tag, vocabulary):
                    tally.add("tag_precision", right, f"{name}: {tag} {confidence:.2f}")
    if label.get("setting"):
        indoor, outdoor = tags.get("indoor", 0.0), tags.get("outdoor", 0.0)
        answer = "indoor" if indoor > outdoor else "outdoor" if outdoor > indoor else "neither"
        tally.add("indoor_outdoor", answer == label["setting"], f"{name}: {answer} {max(indoor, outdoor):.2f}")


def judge_objects(tally: Tally, label: Label, scene: Scene, name: str) -> None:
    """Names of things above 1 % of the picture."""
    area = label["width"] * label["height"] * SMALL
    wanted = {b["name"] for b in label["objects"] if not b["crowd"] and b["box"][2] * b["box"][3] > area}
    unjudged = {b["name"] for b in label["objects"]} - wanted
    got = {o.name.lower() for o in scene.objects or () if o.box.width * o.box.height > area} - unjudged
    for one in got:
        tally.add("object_precision", one in wanted, f"{name}: {one}")
    for one in wanted:
        tally.add("object_recall", one in got, f"{name}: {one}")


def judge_look(tally: Tally, label: Label, scene: Scene, name: str) -> None:
    """Clip art, line drawing, black and white."""
    kind, colours = scene.image_type, scene.colours
    if kind is None or colours is None:
        raise ValueError("the viewer did not answer what it was asked")
    if label.get("clip_art_type") is not None or is_coco(label):
        wanted = label.get("clip_art_type") or 0
        tally.add("clip_art", kind.clip_art == wanted, f"{name}: {kind.clip_art} for {wanted}")
    elif label.get("clip_art_type_min") is not None:
        least = label["clip_art_type_min"]
        tally.add("clip_art", kind.clip_art >= least, f"{name}: {kind.clip_art} below {least}")
    if label.get("line_drawing_type") is not None or is_coco(label):
        tally.add("line_drawing", kind.line_drawing == (label.get("line_drawing_type") or 0), name)
    if label.get("is_bw") is not None:
        tally.add("black_white", colours.black_and_white == label["is_bw"], name)


def judge_caption(tally: Tally, label: Label, scene: Scene, name: str) -> None:
    """Nouns of the best caption; `caption_unsupported_nouns` counts what should not be."""
    captions = scene.description.captions if scene.description else ()
    if not captions:
        return
    text = captions[0].text
    names = [tag.name for tag in scene.tags or ()]
    names += [each for found in scene.objects or () for each in (found.name, *(p.name for p in found.parents))]
    names += list(scene.description.tags) if scene.description else []
    names += ["person"] if scene.people or scene.faces else []
    loose = unsupported_nouns(text, names, face=bool(scene.faces))
    tally.add("caption_unsupported_nouns", bool(loose))
    if loose:
        tally.missed["caption_unsupported_nouns"].append(f"{name}: {text}: {' '.join(loose)}")
    if label.get("captions"):
        known = labelled(label)
        for noun in nouns(text):
            tally.add("caption_nouns_labelled", is_supported(noun, known), f"{name}: {text}: {noun}")


def judge_documented(tally: Tally, answer: Mapping[str, Any], scene: Scene) -> None:
    """Colours against a documented answer."""
    wanted, got = answer.get("color"), scene.colours
    if not wanted or got is None:
        return
    if "dominant" in wanted:
        note = f"{answer['image']}: {got.dominant} for {wanted['dominant']}"
        tally.add("colour_names", names_f1(wanted["dominant"], got.dominant), note)
    if "accent" in wanted:
        away = hue_distance(wanted["accent"], got.accent)
        note = f"{answer['image']}: {got.accent} for {wanted['accent']}"
        tally.add("accent_hue", away is not None and away <= 20, note)


def ap50(labels: list[Label], found: list[list[tuple[str, float, tuple[float, float, float, float]]]]) -> float | None:
    """Mean AP at IoU .5 over the classes that the labels have."""
    names = {b["name"] for label in labels for b in label["objects"] if not b["crowd"]}
    if not names:
        return None
    each = []
    for name in sorted(names):
        truth = {at: [b for b in label["objects"] if b["name"] == name] for at, label in enumerate(labels)}
        mine = [(at, score, box) for at, boxes in enumerate(found) for one, score, box in boxes if one == name]
        each.append(average_precision(mine, truth))
    return round(sum(each) / len(each), 4)


def rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSON Lines file; none when there is no such file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line] if path.exists() else []


def measure(data: Path, threads: int) -> dict[str, Any]:
    """All keys over the pictures of a folder."""

    models = OnnxModels(threads=threads)
    viewer = PictureViewer(models=models)
    labels = rows(data / "labels.jsonl")
    vocabulary = judgeable(labels)
    tally = Tally()
    coco: list[Label] = []
    found = []
    for label in labels:
        picture = load(data / label["file"])
        judge(tally, label, viewer.see(picture, SceneOptions(WANTED)), vocabulary)
        if is_coco(label):
            coco.append(label)
            boxes = Evidence(picture, models).detections
            found.append([(d.name, d.score, (d.box.left, d.box.top, d.box.width, d.box.height)) for d in boxes])
    for answer in rows(data / "documented_answers.jsonl"):
        if answer.get("have_image") and (data / answer["image"]).exists():
            judge_documented(tally, answer, viewer.see(load(data / answer["image"]), SceneOptions(WANTED)))
    figures: dict[str, Any] = {key: tally.mean(key) for key in KEYS}
    figures["ap50"] = ap50(coco, found) if coco else None
    figures["detail"] = {
        "pictures": {key: len(values) for key, values in sorted(tally.outcomes.items())},
        "tag_precision_all": tally.mean("tag_precision_all"),
        "caption_nouns_labelled": tally.mean("caption_nouns_labelled"),
        "missed": dict(sorted(tally.missed.items())),
    }
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "vision")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--detail", action="store_true", help="print what fell short")
    chosen = parser.parse_args()
    if not (chosen.data / "labels.jsonl").exists():
        print(f"no labels.jsonl in {chosen.data}", file=sys.stderr)
        return 2
    figures = measure(chosen.data, chosen.threads)
    for key in KEYS:
        value = figures[key]
        print(f"{key:27}" + ("not labelled" if value is None else f"{value:.4f}"))
    if chosen.detail:
        for key, notes in figures["detail"]["missed"].items():
            print(f"\n{key}")
            for note in notes:
                print(f"  {note}")
    if chosen.out:
        chosen.out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
