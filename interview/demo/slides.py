"""Draws the slides of the demo's films with Pillow; knows nothing of sound, time or video.

Every drawing takes a step: how many sentences of the slide have begun; what belongs to a later one is still hidden.
Coordinates are those of a 640 x 360 picture; drawing happens larger and is scaled down, which smooths the edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 360
OUTPUT = (960, 540)
OVERSAMPLE = 4

PAPER, CARD, LINE, MUTED, INK = "#f7f6f2", "#ffffff", "#d9d6cb", "#545d58", "#1d2320"
NIGHT, NIGHT_LINE, NIGHT_MUTED = "#10251d", "#2c4a3e", "#b5d3c6"
ACCENT, ACCENT_SOFT, MINT = "#0b6149", "#e0eee7", "#74d3ae"
AMBER, AMBER_INK, AMBER_SOFT = "#d98a1f", "#7a4b00", "#fbeccd"
SHUT = "#efede6"

VENDOR = Path(__file__).parents[1] / "static" / "vendor"


@dataclass(frozen=True)
class Slide:
    """One slide of a film: which drawing, its words, and the sentences spoken over it."""

    draw: str
    title: str
    kicker: str
    note: str
    items: tuple[str, ...]
    say: tuple[str, ...]


@lru_cache(maxsize=64)
def font(size: float, weight: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Inter as `make setup` brought it, at a size in slide units; Pillow's own font where it is missing."""
    pixels = size * OVERSAMPLE
    for path in sorted(VENDOR.rglob("inter-latin.woff2")):
        inter = ImageFont.truetype(path, pixels)
        inter.set_variation_by_axes([weight])
        return inter
    return ImageFont.load_default(pixels)


class Canvas:
    """A drawing surface in slide units: rectangles, lines, discs, arcs and text."""

    def __init__(self, background: str) -> None:
        """Start an empty slide of one colour."""
        self.image = Image.new("RGB", (WIDTH * OVERSAMPLE, HEIGHT * OVERSAMPLE), background)
        self._draw = ImageDraw.Draw(self.image)

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        fill: str | None = None,
        *,
        radius: float = 8,
        outline: str | None = None,
        stroke: float = 1,
    ) -> None:
        """Draw a rounded rectangle."""
        s = OVERSAMPLE
        self._draw.rounded_rectangle(
            (x * s, y * s, (x + w) * s, (y + h) * s), min(radius, h / 2) * s, fill, outline, round(stroke * s)
        )

    def line(self, points: list[tuple[float, float]], fill: str, stroke: float = 2) -> None:
        """Draw a line through the points with round joints."""
        s = OVERSAMPLE
        self._draw.line([(x * s, y * s) for x, y in points], fill, round(stroke * s), joint="curve")
        for x, y in points:
            self.disc(x, y, stroke / 2, fill)

    def disc(
        self, x: float, y: float, r: float, fill: str | None, *, outline: str | None = None, stroke: float = 2
    ) -> None:
        """Draw a disc around its middle."""
        s = OVERSAMPLE
        self._draw.ellipse(((x - r) * s, (y - r) * s, (x + r) * s, (y + r) * s), fill, outline, round(stroke * s))

    def arc(self, x: float, y: float, r: float, share: float, fill: str, stroke: float) -> None:
        """Draw a share (0 to 1) of a circle, clockwise from the top."""
        s = OVERSAMPLE
        self._draw.arc(
            ((x - r) * s, (y - r) * s, (x + r) * s, (y + r) * s), -90, -90 + 360 * share, fill, round(stroke * s)
        )

    def text(
        self, x: float, y: float, words: str, size: float = 15, weight: int = 450, fill: str = INK, anchor: str = "ls"
    ) -> float:
        """Write one line and return its width in slide units."""
        face = font(size, weight)
        self._draw.text((x * OVERSAMPLE, y * OVERSAMPLE), words, fill, face, anchor)
        return face.getlength(words) / OVERSAMPLE

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        words: str,
        size: float = 15,
        weight: int = 450,
        fill: str = INK,
        leading: float = 1.35,
    ) -> float:
        """Write words wrapped to a width; y is the first baseline; return the baseline below the last line."""
        for line in wrap(words, width, size, weight):
            self.text(x, y, line, size, weight, fill)
            y += size * leading
        return y

    def tick(self, x: float, y: float, size: float, fill: str) -> None:
        """Draw a check mark around its middle."""
        self.line(
            [(x - size * 0.5, y), (x - size * 0.12, y + size * 0.38), (x + size * 0.55, y - size * 0.42)],
            fill,
            size * 0.22,
        )

    def cross(self, x: float, y: float, size: float, fill: str) -> None:
        """Draw a cross around its middle."""
        r = size * 0.4
        self.line([(x - r, y - r), (x + r, y + r)], fill, size * 0.22)
        self.line([(x - r, y + r), (x + r, y - r)], fill, size * 0.22)

    def padlock(self, x: float, y: float, size: float, fill: str, keyhole: str) -> None:
        """Draw a closed padlock around its middle."""
        self.box(
            x - size * 0.3,
            y - size * 0.5,
            size * 0.6,
            size * 0.8,
            None,
            radius=size * 0.3,
            outline=fill,
            stroke=size * 0.12,
        )
        self.box(x - size * 0.48, y - size * 0.08, size * 0.96, size * 0.66, fill, radius=size * 0.12)
        self.disc(x, y + size * 0.24, size * 0.1, keyhole)

    def finished(self) -> Image.Image:
        """Return the slide in the film's size."""
        return self.image.resize(OUTPUT, Image.Resampling.LANCZOS)


def wrap(words: str, width: float, size: float, weight: int) -> list[str]:
    """Break words into lines no wider than `width` slide units."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font(size, weight).getlength(longer) / OVERSAMPLE <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def mark(canvas: Canvas, x: float, y: float, size: float) -> None:
    """Draw the product's mark (static/img/mark.svg): a P that is checked."""
    u = size / 32
    canvas.box(x, y, size, size, ACCENT, radius=9 * u)
    canvas.box(x + 9 * u, y + 8 * u, 4 * u, 16 * u, "#ffffff", radius=0)
    canvas.box(x + 9 * u, y + 8 * u, 8.2 * u, 10.8 * u, "#ffffff", radius=0)
    canvas.disc(x + 17.2 * u, y + 13.4 * u, 5.4 * u, "#ffffff")
    canvas.line(
        [(x + 18.5 * u, y + 21.8 * u), (x + 21.1 * u, y + 24.4 * u), (x + 26.1 * u, y + 19.2 * u)], MINT, 2.6 * u
    )


def headed(slide: Slide) -> Canvas:
    """Return a light slide with the mark, the kicker and the title in place."""
    canvas = Canvas(PAPER)
    mark(canvas, 40, 27, 20)
    canvas.text(68, 42, slide.kicker, 14, 600, ACCENT)
    canvas.text(40, 84, slide.title, 28, 720)
    return canvas


def title(slide: Slide, step: int) -> Canvas:
    """Draw an opening or closing slide: dark, the mark and one big line."""
    canvas = Canvas(NIGHT)
    for radius, colour in ((210, "#133025"), (150, "#173c2e"), (90, "#1c4a39")):
        canvas.disc(600, 330, radius, colour)
    mark(canvas, 48, 48, 40)
    canvas.text(102, 76, slide.kicker, 20, 650, "#ffffff")
    below = canvas.paragraph(48, 166, 520, slide.title, 44, 760, "#ffffff", 1.16)
    if step >= 2 or len(slide.say) == 1:
        canvas.paragraph(48, below + 2, 500, slide.note, 18, 450, NIGHT_MUTED)
    return canvas


def statement(slide: Slide, step: int) -> Canvas:
    """Draw one big sentence with a bar beside it."""
    canvas = Canvas(ACCENT)
    mark(canvas, 48, 40, 24)
    canvas.text(82, 58, slide.kicker, 15, 600, ACCENT_SOFT)
    below = canvas.paragraph(48, 156, 540, slide.title, 46, 760, "#ffffff", 1.15)
    if step >= 2:
        canvas.line([(50, below - 18), (110, below - 18)], MINT, 4)
        canvas.paragraph(48, below + 16, 520, slide.note, 19, 500, "#ffffff")
    return canvas


def points(slide: Slide, step: int) -> Canvas:
    """Draw up to four numbered lines, one more with every sentence; the first sentence may be an introduction."""
    canvas = headed(slide)
    shown = max(1, step) if len(slide.say) == len(slide.items) else step - 1
    gap = 62 if len(slide.items) <= 3 else 52
    for at, words in enumerate(slide.items):
        y = 142 + at * gap
        live = at < shown
        canvas.box(
            40,
            y - 24,
            560,
            48,
            CARD if live else PAPER,
            outline=ACCENT if at == shown - 1 else LINE,
            stroke=1.5 if at == shown - 1 else 1,
        )
        canvas.disc(66, y, 13, ACCENT if live else LINE)
        canvas.text(66, y + 0.5, str(at + 1), 14, 700, "#ffffff" if live else MUTED, "mm")
        if live:
            canvas.text(92, y + 0.5, words, 17, 550, INK, "lm")
    return canvas


def coverage(slide: Slide, step: int) -> Canvas:
    """Draw a player with its covered ranges under the timeline and the clock that decides."""
    canvas = headed(slide)
    canvas.box(40, 108, 372, 150, NIGHT, radius=10)
    canvas.disc(226, 176, 30, ACCENT)
    canvas.line([(217, 161), (217, 191), (241, 176), (217, 161)], "#ffffff", 4)
    canvas.box(60, 232, 332, 6, NIGHT_LINE)
    canvas.box(60, 232, 206, 6, "#ffffff")
    canvas.disc(266, 235, 7, "#ffffff")
    canvas.box(40, 272, 372, 14, LINE, radius=4)
    canvas.box(40, 272, 228, 14, ACCENT, radius=4)
    skipped = step >= len(slide.say)
    if skipped:
        canvas.box(390, 272, 22, 14, ACCENT, radius=4)
    canvas.box(40, 305, 14, 14, ACCENT, radius=4)
    canvas.text(62, 317, slide.items[0], 15, 550)
    canvas.box(150, 305, 14, 14, LINE, radius=4)
    canvas.text(172, 317, slide.items[1], 15, 550)
    canvas.disc(514, 176, 62, CARD, outline=LINE, stroke=2)
    canvas.arc(514, 176, 62, 0.22 + 0.1 * step, ACCENT, 7)
    canvas.line([(514, 140), (514, 176), (538, 190)], INK, 4)
    canvas.box(452, 272, 124, 32, ACCENT_SOFT, radius=16)
    canvas.text(514, 288.5, slide.items[2], 16, 650, ACCENT, "mm")
    return canvas


def ring(slide: Slide, step: int) -> Canvas:
    """Draw the prep ring and the checklist beside it, further on with every sentence."""
    canvas = headed(slide)
    steps_done = step * 3 // len(slide.say)
    canvas.disc(140, 220, 76, CARD)
    canvas.arc(140, 220, 82, 1, LINE, 14)
    canvas.arc(140, 220, 82, steps_done / 4, ACCENT, 14)
    canvas.text(140, 216, f"{steps_done} of 4", 24, 720, INK, "mm")
    canvas.text(140, 242, "steps done", 14, 500, MUTED, "mm")
    for at, words in enumerate(slide.items):
        y = 136 + at * 54
        done, is_next = at < steps_done, at == steps_done
        canvas.box(270, y - 22, 330, 44, CARD, outline=ACCENT if is_next else LINE, stroke=1.5 if is_next else 1)
        canvas.disc(294, y, 12, ACCENT if done else CARD, outline=None if done else LINE)
        if done:
            canvas.tick(294, y, 13, "#ffffff")
        canvas.text(320, y + 0.5, words, 17, 600 if done else 450, INK if done else MUTED, "lm")
    return canvas


def check(slide: Slide, step: int) -> Canvas:
    """Draw a question with its options; the second half of the sentences shows the moment to watch again."""
    canvas = headed(slide)
    question, *options, again = slide.items
    missed = step > len(slide.say) / 2
    canvas.box(40, 106, 560, 222, CARD, outline=LINE, radius=10)
    canvas.text(62, 138, question, 18, 650)
    for at, words in enumerate(options):
        y = 170 + at * 40
        chosen = missed and at == 0
        canvas.box(62, y - 17, 516, 34, ACCENT_SOFT if chosen else PAPER, outline=ACCENT if chosen else LINE)
        canvas.disc(82, y, 8, CARD, outline=ACCENT if chosen else MUTED, stroke=1.5)
        if chosen:
            canvas.disc(82, y, 4.5, ACCENT)
        canvas.text(102, y + 0.5, words, 16, 500, INK, "lm")
    if missed:
        canvas.box(62, 288, 210, 30, AMBER_SOFT, radius=15)
        canvas.line([(80, 297), (80, 309), (90, 303), (80, 297)], AMBER_INK, 2)
        canvas.text(100, 303.5, again, 15, 600, AMBER_INK, "lm")
    return canvas


def gates(slide: Slide, step: int) -> Canvas:
    """Draw the three gates side by side; the one spoken of is marked."""
    canvas = headed(slide)
    named = {2: 1} if len(slide.say) == 2 else {3: 0, 4: 1, 5: 2}
    for at in range(3):
        x = 40 + at * 192
        live = named.get(step) == at
        canvas.box(
            x,
            116,
            176,
            200,
            ACCENT_SOFT if live else CARD,
            outline=ACCENT if live else LINE,
            stroke=2 if live else 1,
            radius=12,
        )
        middle, y = x + 88, 176
        canvas.disc(middle, y, 34, ACCENT if live else ACCENT_SOFT)
        sign = "#ffffff" if live else ACCENT
        if at == 0:
            canvas.disc(middle, y, 13, None, outline=sign, stroke=4)
        elif at == 1:
            canvas.disc(middle, y, 13, sign)
        else:
            canvas.padlock(middle, y, 30, sign, ACCENT if live else ACCENT_SOFT)
        canvas.text(middle, 244, slide.items[at * 2], 20, 720, INK, "ms")
        for row, words in enumerate(wrap(slide.items[at * 2 + 1], 150, 15, 450)):
            canvas.text(middle, 270 + row * 20, words, 15, 450, MUTED, "ms")
    return canvas


def scorecard(slide: Slide, step: int) -> Canvas:
    """Draw one attribute's row: the five points, the chosen anchor and its evidence."""
    canvas = headed(slide)
    attribute, anchor, quote, moment = slide.items
    canvas.box(40, 106, 560, 222, CARD, outline=LINE, radius=10)
    canvas.text(62, 138, attribute, 18, 650)
    for at in range(5):
        chosen = at == 2 and step >= 2
        x = 62 + at * 62
        canvas.box(x, 152, 54, 38, ACCENT if chosen else PAPER, outline=ACCENT if chosen else LINE)
        canvas.text(x + 27, 171.5, str(at + 1), 18, 700, "#ffffff" if chosen else INK, "mm")
    canvas.box(376, 152, 202, 38, PAPER, outline=LINE)
    canvas.text(477, 171.5, "Not observed", 16, 550, MUTED, "mm")
    if step >= 2:
        canvas.line([(64, 207), (64, 240)], ACCENT, 3)
        canvas.paragraph(78, 220, 490, anchor, 16, 500, INK, 1.3)
    if step >= min(3, len(slide.say)):
        canvas.box(62, 262, 516, 46, ACCENT_SOFT)
        canvas.box(76, 272, 62, 26, ACCENT, radius=13)
        canvas.text(107, 285.5, moment, 15, 650, "#ffffff", "mm")
        canvas.text(152, 285.5, quote, 16, 550, ACCENT, "lm")
    return canvas


def sealed(slide: Slide, step: int) -> Canvas:
    """Draw three interviewers: one's own card open, the others under padlocks; the last step opens none."""
    canvas = headed(slide)
    for at, words in enumerate(slide.items):
        x = 40 + at * 192
        own = at == 0
        canvas.box(
            x, 112, 176, 210, CARD if own else SHUT, outline=ACCENT if own else LINE, stroke=2 if own else 1, radius=12
        )
        canvas.disc(x + 32, 144, 16, ACCENT if own else MUTED)
        canvas.disc(x + 32, 139, 5.5, "#ffffff")
        canvas.box(x + 22, 147, 20, 8, "#ffffff", radius=4)
        canvas.text(x + 58, 144.5, words, 17, 650, INK if own else MUTED, "lm")
        if own:
            for row in range(4):
                canvas.box(x + 20, 178 + row * 32, 136, 18, ACCENT_SOFT, radius=5)
                canvas.box(x + 20, 178 + row * 32, (82, 110, 54, 96)[row], 18, ACCENT, radius=5)
        else:
            canvas.padlock(x + 88, 232, 54, INK, SHUT)
    if step >= len(slide.say) > 1:
        canvas.padlock(40 + 156, 144, 18, ACCENT, CARD)
    return canvas


def dots(slide: Slide, step: int) -> Canvas:
    """Draw the comparison: a dot for every interviewer on the scale from 1 to 5, the mean, the disagreement."""
    canvas = headed(slide)
    ratings = ((3, 4, 4), (4, 4, 5), (1, 3, 4), (3, 3, 4))
    canvas.box(40, 106, 560, 222, CARD, outline=LINE, radius=10)
    for point in range(1, 6):
        x = 250 + (point - 1) * 70
        canvas.line([(x, 138), (x, 312)], LINE, 1)
        canvas.text(x, 128, str(point), 15, 600, MUTED, "mm")
    for row, words in enumerate(slide.items):
        y = 160 + row * 44
        canvas.text(60, y + 0.5, words, 16, 550, INK, "lm")
        xs = [250 + (value - 1) * 70 for value in ratings[row]]
        apart = max(ratings[row]) - min(ratings[row]) >= 3
        canvas.line([(min(xs), y), (max(xs), y)], AMBER if apart and step >= len(slide.say) else ACCENT_SOFT, 5)
        for at, x in enumerate(xs):
            beside = 0 if xs.count(x) == 1 else 9 - 18 * xs[:at].count(x)
            canvas.disc(x, y + beside, 8, ACCENT, outline=CARD, stroke=1.5)
        mean = sum(xs) / len(xs)
        if step >= min(2, len(slide.say)):
            canvas.line([(mean, y - 15), (mean, y + 15)], INK, 2.5)
        if apart and step >= len(slide.say):
            canvas.box(538, y - 13, 52, 26, AMBER_SOFT, radius=13)
            canvas.text(564, y + 0.5, "1 – 4", 14, 650, AMBER_INK, "mm")
    return canvas


def transcript(slide: Slide, step: int) -> Canvas:
    """Draw three lines of a transcript; the last step cites one of them as evidence."""
    canvas = headed(slide)
    for at, words in enumerate(slide.items):
        speaker, said = words.split("|")
        y = 106 + at * 74
        cited = at == 2 and step >= 3
        canvas.box(
            40,
            y,
            560,
            62,
            ACCENT_SOFT if cited else CARD,
            outline=ACCENT if cited else LINE,
            stroke=2 if cited else 1,
            radius=10,
        )
        canvas.text(58, y + 26, f"0{3 + at}:{12 + 9 * at}", 14, 600, MUTED)
        canvas.text(112, y + 26, speaker, 14, 650, ACCENT if step >= 2 else MUTED)
        canvas.text(58, y + 48, said, 17, 500)
        if cited:
            canvas.box(496, y + 10, 88, 24, ACCENT, radius=12)
            canvas.text(540, y + 22.5, "Evidence", 14, 650, "#ffffff", "mm")
    return canvas


def decision(slide: Slide, step: int) -> Canvas:
    """Draw the decision box: the choices and the written reason."""
    canvas = headed(slide)
    *choices, reason = slide.items
    for at, words in enumerate(choices):
        x = 40 + at * 144
        chosen = at == 0
        canvas.box(x, 112, 132, 42, ACCENT if chosen else CARD, outline=ACCENT if chosen else LINE)
        canvas.text(x + 66, 133.5, words, 17, 650, "#ffffff" if chosen else INK, "mm")
    canvas.box(40, 172, 560, 104, CARD, outline=LINE, radius=10)
    canvas.paragraph(60, 204, 520, reason, 17, 500, INK, 1.45)
    if step >= 2:
        canvas.box(40, 292, 330, 34, ACCENT_SOFT, radius=17)
        canvas.text(205, 309.5, "Against the order? Say more.", 16, 600, ACCENT, "mm")
    if step >= 4:
        canvas.box(384, 292, 216, 34, ACCENT_SOFT, radius=17)
        canvas.text(492, 309.5, "The candidate hears back", 16, 600, ACCENT, "mm")
    return canvas


def export(slide: Slide, step: int) -> Canvas:
    """Draw a small sheet and the two kinds of file it leaves as."""
    canvas = headed(slide)
    rows = (
        ("N. Brandt", "Discovery", "4", "03:12 asks who decides"),
        ("N. Brandt", "Honesty", "5", "11:40 names a limit"),
        ("T. Adeyemi", "Discovery", "2", "=1+1 stays text"),
    )
    starts = (56, 168, 286, 352)
    canvas.box(40, 108, 560, 156, CARD, outline=LINE)
    canvas.box(40, 108, 560, 36, ACCENT_SOFT)
    for x, words in zip(starts, slide.items, strict=True):
        canvas.text(x, 126.5, words, 15, 650, ACCENT, "lm")
    for at, row in enumerate(rows):
        y = 164 + at * 40
        canvas.line([(41, y + 20), (599, y + 20)], LINE, 1)
        for x, words in zip(starts, row, strict=True):
            safe = words.startswith("=") and step >= 2
            canvas.text(x, y + 0.5, words, 15, 650 if safe else 480, ACCENT if safe else INK, "lm")
    for at, words in enumerate(("CSV", "XLSX")):
        canvas.box(40 + at * 132, 284, 118, 40, ACCENT, radius=20)
        canvas.text(99 + at * 132, 304.5, words, 17, 700, "#ffffff", "mm")
    if step >= 2:
        canvas.text(600, 304.5, "Every export is logged", 16, 550, MUTED, "rm")
    return canvas


def chain(slide: Slide, step: int) -> Canvas:
    """Draw four linked rows of the audit log; the second step shows a changed one being found."""
    canvas = headed(slide)
    for at, words in enumerate(slide.items):
        x = 40 + at * 144
        found = step >= 2 and at == 2
        canvas.box(
            x,
            148,
            128,
            104,
            AMBER_SOFT if found else CARD,
            outline=AMBER if found else LINE,
            stroke=2 if found else 1,
            radius=10,
        )
        canvas.text(x + 64, 180, words, 17, 650, INK, "mm")
        canvas.text(x + 64, 206, ("09:02", "15:41", "16:20", "16:34")[at], 15, 450, MUTED, "mm")
        canvas.text(x + 64, 230, ("7f3a", "c109", "e4b2", "08dd")[at], 15, 600, AMBER_INK if found else ACCENT, "mm")
        if at:
            canvas.line([(x - 15, 200), (x - 2, 200)], AMBER if step >= 2 and at == 3 else ACCENT, 4)
    if step >= 2:
        canvas.text(392, 286, "Row 3 was changed", 17, 650, AMBER_INK, "mm")
    return canvas


def limits(slide: Slide, step: int) -> Canvas:
    """Draw what can and what cannot be known, side by side."""
    canvas = headed(slide)
    for at, heading in enumerate(("It can establish", "It cannot know")):
        x = 40 + at * 288
        canvas.box(x, 108, 272, 216, CARD, outline=LINE, radius=12)
        canvas.text(x + 20, 140, heading, 17, 700, ACCENT if at == 0 else AMBER_INK)
        for row, words in enumerate(slide.items[at * 2 : at * 2 + 2]):
            y = 176 + row * 72
            canvas.disc(x + 32, y, 12, ACCENT if at == 0 else AMBER)
            (canvas.tick if at == 0 else canvas.cross)(x + 32, y, 12, "#ffffff")
            canvas.paragraph(x + 56, y + 5, 196, words, 16, 500, INK, 1.3)
    if step >= len(slide.say):
        canvas.text(320, 346, "No webcam. No judgement of faces, voices or accents.", 15, 600, MUTED, "ms")
    return canvas


def terminal(slide: Slide, step: int) -> Canvas:
    """Draw a terminal with the one command that starts the product."""
    canvas = headed(slide)
    command, answer, beneath = slide.items
    canvas.box(40, 108, 560, 150, NIGHT, radius=12)
    for at, colour in enumerate(("#f87171", "#fbbf24", "#34d399")):
        canvas.disc(62 + at * 18, 128, 5, colour)
    canvas.text(60, 180, command, 24, 650, "#ffffff")
    canvas.text(60, 222, answer, 17, 480, MINT)
    if step >= 2:
        canvas.text(40, 300, beneath, 18, 550)
    return canvas


DRAWINGS: dict[str, Callable[[Slide, int], Canvas]] = {
    drawing.__name__: drawing
    for drawing in (
        title,
        statement,
        points,
        coverage,
        ring,
        check,
        gates,
        scorecard,
        sealed,
        dots,
        transcript,
        decision,
        export,
        chain,
        limits,
        terminal,
    )
}


def picture(slide: Slide, step: int) -> Image.Image:
    """Return the slide as it looks while sentence `step` (from 1) is spoken, in the film's size."""
    return DRAWINGS[slide.draw](slide, step).finished()
