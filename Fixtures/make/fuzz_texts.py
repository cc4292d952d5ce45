"""Random texts that the tests make again by the same formula, so that only hashes of their ids are stored."""

MASK = (1 << 64) - 1
SPECIAL = "'’\"“”`´ſK½²Ⅷ٣१１ªºßẞİıŉﬁﬃ㎏℃…。，、！？「」ー々〇ｱﾞ\u00a0\u00ad\u200b\u200c\u200d\u2003\u2028\u3000\ufeff\ufffd▁Ġ\t\n\r\0\x1b\x7f\x85"


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return z ^ z >> 31

    def below(self, bound):
        return self.next() % bound


def scalar(random):
    kind = random.below(100)
    if kind < 34:
        return 0x61 + random.below(26)
    if kind < 45:
        return 0x20
    if kind < 51:
        return 0x30 + random.below(10)
    if kind < 57:
        return 0x21 + random.below(15)
    if kind < 60:
        return 0x3A + random.below(7)
    if kind < 66:
        return 0x41 + random.below(26)
    if kind < 75:
        return ord(SPECIAL[random.below(len(SPECIAL))])
    if kind < 82:
        return 0xC0 + random.below(0x170)
    if kind < 86:
        return 0x3B1 + random.below(0x190)
    if kind < 88:
        return 0x5D0 + random.below(27)
    if kind < 90:
        return 0x621 + random.below(0x32)
    if kind < 91:
        return 0x905 + random.below(0x49)
    if kind < 94:
        return 0x4E00 + random.below(0x5000)
    if kind < 96:
        return 0xAC00 + random.below(11172)
    if kind < 98:
        return 0x1F300 + random.below(0x2F0)
    return 0x300 + random.below(0x70)


def text(random):
    scalars = []
    for _ in range(random.below(28)):
        value = scalar(random)
        scalars += [value] * (1 if random.below(8) else 2 + random.below(3))
    return "".join(map(chr, scalars))


def texts(seed, count):
    random = SplitMix(seed)
    return [text(random) for _ in range(count)]


def digest(lists):
    """FNV-1a of 64 bits over ids, each as four bytes, and −1 behind each list."""
    value = 0xCBF29CE484222325
    for ids in lists:
        for id_ in [*ids, 0xFFFFFFFF]:
            for shift in (0, 8, 16, 24):
                value = ((value ^ (id_ >> shift & 0xFF)) * 0x100000001B3) & MASK
    return f"{value:016x}"
