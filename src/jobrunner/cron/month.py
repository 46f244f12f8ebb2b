"""Names and lengths of months; `calendar` would bring the names of every locale along."""

MONTH_NAMES = (
    *("", "January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FEBRUARY = 2


def length(year: int, month: int) -> int:
    """How many days the month has."""
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return LENGTHS[month] + (is_leap and month == FEBRUARY)
