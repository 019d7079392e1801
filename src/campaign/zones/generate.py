#!/usr/bin/env python3
"""Writes countries.tsv and prefixes.tsv: the zones that a telephone number may be in.

    python3 -m venv v && v/bin/pip install tzdata phonenumbers && v/bin/python generate.py

Sources: zone.tab of tzdata (public domain) for the zones of a country; the area codes of the United States and Canada from
libphonenumber's time zone prefixes (Apache-2.0, through the `phonenumbers` package), widened by hand where an area code
straddles a border between zones; Brazil's and Mexico's area codes by hand. Only what is sure narrows a number down: an
area code that is not listed leaves all zones of the country.

Zones of one country that agree from 2023 to 2029 are listed once.
"""

import datetime
import importlib.resources
import zoneinfo
from pathlib import Path

import tzdata
from phonenumbers.tzdata import TIMEZONE_DATA

HERE = Path(__file__).parent
ZONES = importlib.resources.files("tzdata") / "zoneinfo"
zoneinfo.reset_tzpath(to=[str(ZONES)])

# Where several zones agree, the one that people know.
PREFERRED = """
America/New_York America/Chicago America/Denver America/Los_Angeles America/Toronto America/Winnipeg America/Edmonton
America/Halifax America/Regina America/Vancouver America/Sao_Paulo America/Manaus America/Rio_Branco America/Mexico_City
Australia/Sydney Australia/Adelaide Australia/Brisbane Europe/Moscow Asia/Krasnoyarsk Europe/Samara Asia/Almaty
""".split()

# Regions of libphonenumber that zone.tab does not know.
EXTRA = {"AC": ["Atlantic/St_Helena"], "TA": ["Atlantic/St_Helena"], "XK": ["Europe/Belgrade"]}

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
BRITISH_COLUMBIA = ["America/Vancouver", "America/Edmonton", "America/Fort_Nelson", "America/Creston"]
SASKATCHEWAN = ["America/Regina", "America/Edmonton", "America/Winnipeg"]
EASTERN_QUEBEC = ["America/Toronto", "America/Halifax", "America/Blanc-Sablon"]
NEWFOUNDLAND = ["America/St_Johns", "America/Halifax", "America/Goose_Bay"]
# Area codes in more than one zone, overlays included, and what the source gets wrong.
NANP = {
    "US": {
        "208 986": [MOUNTAIN, PACIFIC],
        "219 574 812 930 270 364 606 423 729 850 448 906": [EASTERN, CENTRAL],
        "308 605 620 701 785": [CENTRAL, MOUNTAIN],
        "541 458 775": [PACIFIC, MOUNTAIN],
        "907": ["America/Anchorage", "America/Adak"],
        "928": ["America/Phoenix", MOUNTAIN],
    },
    "CA": {
        "236 250 257 672 778": BRITISH_COLUMBIA,
        "306 639 474": SASKATCHEWAN,
        "367 418 581": EASTERN_QUEBEC,
        "709 879": NEWFOUNDLAND,
        "807": ["America/Toronto", "America/Winnipeg", "America/Atikokan"],
        "867": [
            "America/Whitehorse", "America/Edmonton", "America/Inuvik", "America/Cambridge_Bay", "America/Resolute",
            "America/Rankin_Inlet", "America/Iqaluit", "America/Atikokan",
        ],
    },
}
CANADA = set(
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450 460 468 474 506 514 519 "
    "548 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825 867 873 879 902 905 942".split()
)

# Area codes (DDD) by state. Pernambuco's 81 serves Fernando de Noronha.
BRAZIL = {
    "America/Sao_Paulo": "11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46 47 48 49 51 53 54 "
    "55 61 62 63 64 71 73 74 75 77 79 82 83 84 85 86 87 88 89 91 93 94 96 98 99",
    "America/Sao_Paulo America/Noronha": "81",
    "America/Manaus": "65 66 67 69 92 95",
    # Amazonas' west keeps Acre's time.
    "America/Manaus America/Rio_Branco": "97",
    "America/Rio_Branco": "68",
}

# Mexico after the law of October 2022; only cities whose zone is beyond doubt.
MEXICO = {
    "America/Mexico_City": "55 56 33 81 222 228 229 442 444 449 461 477 614 618 722 744 777 844 871 951 961 993 999",
    "America/Cancun": "983 984 987 998",
    "America/Matamoros": "867 868 899",
    "America/Ciudad_Juarez": "656",
    "America/Mazatlan": "311 612 624 662 667 668 669",
    "America/Tijuana": "646 661 663 664 686",
}


def behaviour(name):
    zone, start = zoneinfo.ZoneInfo(name), datetime.datetime(2023, 1, 1, tzinfo=datetime.timezone.utc)
    hours = 24 * 365 * 7
    return tuple((start + datetime.timedelta(hours=at)).astimezone(zone).utcoffset() for at in range(0, hours, 3))


def table(name):
    rows = (line.split("\t") for line in (ZONES / name).read_text().splitlines() if not line.startswith("#"))
    return [(row[0], row[2].strip()) for row in rows]


KNOWN = {}


def representative(country, zone):
    """Returns the zone of `country` that stands for `zone`."""
    return KNOWN[country][behaviour(zone)]


def main():
    countries = {}
    for country, zone in table("zone.tab"):
        countries.setdefault(country, []).append(zone)
    countries |= EXTRA
    for country, zones in countries.items():
        classes = KNOWN.setdefault(country, {})
        for zone in sorted(zones, key=lambda zone: zone not in PREFERRED):
            classes.setdefault(behaviour(zone), zone)

    prefixes = {}

    def put(country, prefix, zones):
        prefixes[prefix] = sorted({representative(country, zone) for zone in zones})

    source = {}
    for prefix, zones in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            source.setdefault(prefix[1:4], set()).update(zones)
    for area, zones in source.items():
        country = "CA" if area in CANADA else "US"
        # The islands are countries of their own, and have one zone each.
        if all(behaviour(zone) in KNOWN[country] for zone in zones) and any(
            zone in (*countries["US"], *countries["CA"]) for zone in zones
        ):
            put(country, "1" + area, zones)
    for country, areas in NANP.items():
        for codes, zones in areas.items():
            for area in codes.split():
                put(country, "1" + area, zones)
    for country, calling_code, areas in (("BR", "55", BRAZIL), ("MX", "52", MEXICO)):
        for zones, codes in areas.items():
            for area in codes.split():
                put(country, calling_code + area, zones.split())

    note = f"# Written by generate.py from tzdata {tzdata.IANA_VERSION}; do not edit.\n"
    for name, rows in (
        ("countries.tsv", {country: sorted(set(zones.values())) for country, zones in KNOWN.items()}),
        ("prefixes.tsv", prefixes),
    ):
        lines = (f"{key}\t{' '.join(zones)}\n" for key, zones in sorted(rows.items()))
        (HERE / name).write_text(note + "".join(lines))


if __name__ == "__main__":
    main()
