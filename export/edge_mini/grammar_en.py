"""English half of the closed domain: slot fillers and sentence templates."""

# ruff: noqa: PLR2004 -- ten, twenty and a hundred are what numerals are made of.
from __future__ import annotations

_BELOW_TWENTY = """
    zero one two three four five six seven eight nine ten
    eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def number_words(value: int) -> str:
    """Spell an integer from 0 to 999 in English words, without hyphens."""
    if value < 20:
        return _BELOW_TWENTY.split()[value]
    if value < 100:
        tens, unit = divmod(value, 10)
        return _TENS.split()[tens - 2] + (f" {number_words(unit)}" if unit else "")
    hundreds, rest = divmod(value, 100)
    return f"{number_words(hundreds)} hundred" + (f" and {number_words(rest)}" if rest else "")


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(","))


SLOTS: dict[str, tuple[str, ...]] = {
    "num": tuple(number_words(n) for n in range(1, 100)),
    "small": tuple(number_words(n) for n in range(2, 21)),
    "tens": tuple(number_words(n) for n in range(10, 101, 10)),
    "big": tuple(number_words(n) for n in range(100, 1000, 7)),
    "digit": tuple(number_words(n) for n in range(10)),
    "hour": tuple(number_words(n) for n in range(1, 13)),
    "minute": tuple(number_words(n) for n in range(10, 60)),
    "ordinal": _split("first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth"),
    "room": _split(
        "kitchen, bedroom, bathroom, living room, dining room, garage, office, hallway, garden, basement,"
        " attic, balcony, library, studio"
    ),
    "lamp": _split("light, lights, lamp, ceiling light, desk lamp, reading lamp"),
    "device": _split(
        "fan, heater, television, radio, oven, dishwasher, washing machine, air conditioner, vacuum cleaner,"
        " coffee machine, fridge, kettle, toaster, speaker, camera, thermostat, printer,"
        " humidifier, projector"
    ),
    "cover": _split("door, window, curtains, blinds, garage door, front door, back door, gate"),
    "colour": _split("red, green, blue, yellow, white, orange, purple, pink, brown, black, silver, golden"),
    "name": _split(
        "Anna, Peter, Maria, David, Sarah, Thomas, Julia, Robert, Emma, Daniel, Laura, Victor, Oliver,"
        " Sophia, Martin, Helen"
    ),
    "city": _split(
        "London, Paris, Berlin, Tokyo, Madrid, Boston, Chicago, Sydney, Rome, Toronto, Beijing, Shanghai"
    ),
    "day": _split("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    "month": _split(
        "January, February, March, April, May, June, July, August, September, October, November, December"
    ),
    "when": _split(
        "today, tomorrow, tonight, this morning, this afternoon, this evening, next week, on the weekend"
    ),
    "weather": _split("rainy, sunny, cloudy, windy, snowy, foggy, warm, cold, hot, dry"),
    "sky": _split("rain, snow, thunder, wind, fog, sunshine, clouds"),
    "music": _split(
        "jazz, rock music, classical music, piano music, folk songs, guitar music, dance music, the news,"
        " a podcast, my favorite song, quiet music, a bedtime story"
    ),
    "food": _split(
        "milk, bread, eggs, butter, cheese, apples, bananas, rice, chicken, fish, tomatoes, potatoes, sugar,"
        " salt, coffee, tea, water, orange juice, chocolate, onions"
    ),
    "person": _split(
        "my mother, my father, my sister, my brother, the doctor, the office, my neighbor, my teacher"
    ),
    "task": _split(
        "water the plants, feed the cat, walk the dog, take the medicine, clean the kitchen, buy flowers,"
        " pay the bill, wash the car, close the windows, charge the phone, empty the trash, read the report"
    ),
    "degree": tuple(number_words(n) for n in range(15, 31)),
    "unit": _split("seconds, minutes, hours, days"),
    "please": ("", "", "", "please "),
    "tail": ("", "", "", " please", " now", " again"),
    "onoff": ("on", "off"),
    "updown": ("up", "down"),
    "short": _split(
        "yes, no, stop, go, okay, hello, thanks, help, cancel, continue, pause, play, next, back, repeat,"
        " louder, quieter, good morning, good night, good evening, thank you, never mind, that is right,"
        " not now, start, wake up, go away, come here, well done, see you later, be quiet, try again,"
        " all right, of course"
    ),
}

TEMPLATES: dict[str, int] = {
    "{please}turn {onoff} the {lamp} in the {room}{tail}.": 5,
    "{please}turn the {room} {lamp} {onoff}{tail}.": 4,
    "turn {onoff} the {device}{tail}.": 4,
    "switch {onoff} the {device} in the {room}.": 4,
    "set the {room} {lamp} to {colour}{tail}.": 4,
    "make the {lamp} {colour} and {colour}.": 2,
    "dim the {lamp} in the {room} to {num} percent.": 4,
    "set the brightness to {num} percent.": 2,
    "turn the volume {updown} to {num}.": 3,
    "set the volume of the {device} to {num}.": 2,
    "{please}open the {cover}{tail}.": 2,
    "{please}close the {cover} in the {room}{tail}.": 3,
    "is the {cover} open?": 1,
    "is the {device} in the {room} still running?": 3,
    "did I lock the {cover} {when}?": 2,
    "set the thermostat to {degree} degrees{tail}.": 2,
    "set the temperature in the {room} to {degree} degrees.": 3,
    "how warm is it in the {room}?": 1,
    "set a timer for {num} {unit}{tail}.": 4,
    "set a {small} minute timer for the {food}.": 3,
    "how much time is left on the {ordinal} timer?": 1,
    "cancel the {ordinal} timer{tail}.": 1,
    "wake me up at {hour} {minute} {when}.": 4,
    "set an alarm for {hour} {minute} on {day}.": 4,
    "it is {hour} {minute} now.": 2,
    "the train leaves at {hour} {minute}.": 2,
    "the meeting is at a quarter past {hour}.": 1,
    "dinner is at half past {hour} {when}.": 2,
    "remind me to {task} at {hour} {minute}.": 4,
    "remind {name} to {task} {when}.": 4,
    "what is on my calendar for {day}?": 1,
    "my birthday is on the {ordinal} of {month}.": 2,
    "we meet on {day} the {ordinal} of {month}.": 3,
    "what is the weather like in {city} {when}?": 3,
    "will it be {weather} in {city} on {day}?": 4,
    "it will be {weather} and {weather} {when}.": 3,
    "there is {sky} over {city} and {sky} in {city}.": 3,
    "do I need an umbrella in {city} {when}?": 2,
    "play {music} in the {room}{tail}.": 4,
    "play {music} for {num} {unit}.": 3,
    "stop the music in the {room}.": 1,
    "skip the next {small} songs.": 1,
    "call {name}{tail}.": 2,
    "call {person} at {hour} {minute}.": 3,
    "send a message to {name} and {name}.": 3,
    "tell {name} that I will be {num} minutes late.": 4,
    "tell {person} that the {food} is ready.": 3,
    "add {food} and {food} to the shopping list.": 4,
    "buy {small} bottles of {food} and some {food}.": 3,
    "we need {food}, {food} and {food}.": 3,
    "the number is {digit} {digit} {digit} {digit}.": 3,
    "my code is {digit} {digit} {digit} {digit} {digit} {digit}.": 3,
    "the room costs {big} dollars.": 3,
    "there are {big} people in {city}.": 2,
    "the answer is {num}.": 2,
    "{num} plus {num} is {num}.": 3,
    "how far is it from {city} to {city}?": 3,
    "{name} lives in {city} and works in {city}.": 4,
    "{name} and {name} are in the {room}.": 4,
    "where is {name} {when}?": 2,
    "the {colour} {device} is in the {room}.": 4,
    "put the {colour} box next to the {device}.": 3,
    "I like the {colour} {lamp} better than the {colour} one.": 3,
    "start the {device} in {num} minutes{tail}.": 3,
    "the {device} will be ready in {small} minutes.": 2,
    "show me the camera in the {room}.": 1,
    "send the vacuum cleaner to the {room} {when}.": 2,
    "take a picture of the {room}.": 1,
}

# One to three words; together about a tenth of the clips.
SHORT_TEMPLATES: dict[str, int] = {
    "{short}.": 12,
    "{num}.": 4,
    "{big}.": 2,
    "{colour}.": 2,
    "{name}.": 2,
    "{city}.": 1,
    "{day}.": 1,
    "{food}.": 2,
    "lights {onoff}.": 1,
    "volume {updown}.": 1,
    "{short} {name}.": 4,
    "{onoff}.": 1,
    "{hour} {minute}.": 2,
    "the {device}.": 1,
    "open the {cover}.": 1,
}
