"""Of any colour that a terminal can show, the nearest of the eight that a page has."""

from colorsys import rgb_to_hsv
from functools import lru_cache

FIRST_OF_CUBE = 16
FIRST_GREY = 232
SIDES = 6
LEVELS = (0, 95, 135, 175, 215, 255)
PALE = 0.25  # saturation below which it is a grey
DARK = 0.35
# Sixths of the circle of hues, from red on: red, yellow, green, cyan, blue, magenta.
HUES = ("1", "3", "2", "6", "4", "5")
BLACK, WHITE = "0", "7"


@lru_cache(maxsize=256)
def of_number(number: int) -> str:
    """One of 256: the usual ones twice, a cube, and greys."""
    if number < FIRST_OF_CUBE:
        return str(number % 8)
    if number >= FIRST_GREY:
        grey = 8 + 10 * (number - FIRST_GREY)
        return of_rgb(grey, grey, grey)
    rest, blue = divmod(number - FIRST_OF_CUBE, SIDES)
    red, green = divmod(rest, SIDES)
    return of_rgb(LEVELS[red], LEVELS[green], LEVELS[blue])


def of_rgb(red: int, green: int, blue: int) -> str:
    """One of millions, by its hue."""
    hue, saturation, value = rgb_to_hsv(red / 255, green / 255, blue / 255)
    if saturation < PALE or value < DARK / 2:
        return BLACK if value < DARK else WHITE
    return HUES[round(hue * len(HUES)) % len(HUES)]
