"""Texts that tokenizers get wrong."""

WORDS = """
hello|Hello|HELLO|hello world|Hello, world!| hello|hello |  hello  world  |a|A|z|I|é|ß|the|The| the|antidisestablishmentarianism
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|abababababababab|supercalifragilisticexpialidocious|snake_case_name|camelCaseName|SCREAMING_CASE
kebab-case-name|x.y.z|foo/bar/baz|C:\\Users\\name\\file.txt|https://example.com/a?b=c&d=e#f|user.name+tag@example.co.uk|README.md|v1.2.3-rc.1
""".replace("\n", "|")

CONTRACTIONS = """
I'm|I've|I'll|I'd|you're|he's|don't|DON'T|I'M|can't've|'s|'t|'re|'ve|'m|'ll|'d|' s|'S|''s|'sa|it's'it|rock'n'roll|o'clock|'tis|'twas
y'all'd've|’s|it’s|don’t|`s|they'RE|'lll|'l|'v|'r|'re're|a'b'c|'''|'dd|'mm|x's y'd z'll
""".replace("\n", "|")

DIGITS = """
0|1|12|123|1234|12345|1234567890|3.14159|1,000,000|-42|+7|1e10|0x1F|2024-11-22|12:34:56|10%|$9.99|a1b2c3|1st 2nd 3rd|x=1;y=22;z=333
1 2 3|1  2   3| 1| 12|12 |½|¼ cup|x²|10³|Ⅷ|ⅻ|①②③|٠١٢٣|०१२|１２３|𝟙𝟚𝟛|1½|²a|a²|౧౨|〇一二三|1a2|00|007|1.2.3.4|१2३
""".replace("\n", "|")

PUNCTUATION = """
.|..|...|!|!!|?!|,|;|:|-|--|---|—|–|…|()|[]|{}|<>|«»|“quoted”|‘quoted’|"quoted"|'quoted'|(a)|[b]|{c}|a,b|a, b|a ,b|a , b|!@#$%^&*()_+
~`|\\|\\n|/|//|/* c */|# heading|## heading|- item|* item|1. item|**bold**|_it_|`code`|```python|<b>bold</b>|&amp;|a&b|==|!=|<=|->|=>|::|;;
$x$|\\frac{1}{2}|C++|C#|.NET|@name|#tag|100€|£5|¥500|50¢|±1|×|÷|√2|∞|∑∫∂|°C|™|©2024|®|†‡|¶§|•|·|←→↑↓|⇒|█▓░|─│┌
""".replace("\n", "|")

CODE = [
    "def f(x):\n    return x + 1\n",
    "for (int i = 0; i < n; ++i) {\n\tsum += a[i];\n}\n",
    'if __name__ == "__main__":\n    main()',
    'let x: [String: Int] = ["a": 1]',
    "SELECT * FROM t WHERE a = 'b' AND c <> 1;",
    '{"key": [1, 2.5, null, true], "b": "\\u00e9"}',
    '<div class="a">\n  <p>text</p>\n</div>',
    "\treturn;\n\t}\n}",
    "x = [1,2,3]\ny = {i: i**2 for i in x}",
    "    indented by four\n        by eight\n",
    "a\tb\tc\n1\t2\t3",
    "#!/bin/sh\nset -e\necho \"$HOME\" | sed 's/a/b/g'\n",
    "λx. x + 1",
    "f(g(h(x)))))",
    "0b1010_1010 0o777 1_000",
]

WHITESPACE = [
    "", " ", "  ", "   ", "    ", "\t", "\t\t", " \t", "\t ", "\n", "\n\n", "\n\n\n", " \n", "\n ", "\r", "\r\n", "\r\n\r\n", "\n\r",
    "a b", "a  b", "a   b", "a    b", " a", "  a", "   a", "a ", "a  ", "a   ", "a\nb", "a\n\nb", "a \nb", "a\n b", "a \n b", "a\n  b",
    "a\tb", "a\t\tb", "a \tb", "a\t b", "a\r\nb", "  \n  ", "\n  \n", "a\n", "\na", "\n\na\n\n", "x  \n\n  y", " \n \n ",
    "\u00a0", "a\u00a0b", "a\u00a0\u00a0b", " \u00a0a", "\u00a0 a", "\u3000", "a\u3000b", "\u2003x", "x\u2009y", "\u1680a", "\u205fa",
    "\u2028", "a\u2029b", "\u0085", "a\u0085b", "\u000b", "a\u000bb", "\u000c", "\u001c\u001d", "a\u001fb", "\u200b", "a\u200bb",
    "\ufeff", "\ufeffa", "\u2060", "\u180e", "a\u200db", "      6", "1      ", "'   s", "  's", "!  !", "\u00a0's", "  \u00a0  a",
]  # fmt: skip

CONTROL = [
    "\u0000", "a\u0000b", "\u0001\u0002\u0003", "\u0007", "\u001b[31mred\u001b[0m", "\u007f", "\u0080", "\u009f", "\u00ad",
    "\u0000\u0000\u0000", "\u001a", "a\bb",
]  # fmt: skip

LANGUAGES = [
    "Français : où est-ce ?", "Größe, Straße, ÄÖÜ", "El niño comió piñas", "Português: coração", "Zażółć gęślą jaźń", "Příliš žluťoučký",
    "İstanbul ıI iİ", "Ελληνικά: η γλώσσα", "Русский язык", "Українська мова її", "нещо на Български", "Հայերեն", "ქართული ენა",
    "עברית", "שָׁלוֹם", "العربية", "السَّلَامُ عَلَيْكُمْ", "فارسی می‌خواهم", "اردو زبان", "हिन्दी भाषा", "क्षत्रिय", "বাংলা ভাষা", "தமிழ் மொழி",
    "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "සිංහල", "ภาษาไทย", "ลาว ພາສາລາວ", "မြန်မာဘာသာ", "ភាសាខ្មែរ", "བོད་སྐད", "አማርኛ",
    "中文", "我喜欢读书。", "漢字かな交じり文", "カタカナ", "ﾊﾝｶｸ", "ひらがな、テスト！", "한국어 문장입니다.", "ᄒ\u1161ᆫ", "𠮷野家", "㍿", "ｆｕｌｌｗｉｄｔｈ", "Tiếng Việt có dấu",
    "Ĉiuj homoj", "Ŧĥïŝ ïš", "ǅ ǈ", "ﬁ ﬂ ﬃ", "Ω Ω K K", "𐍈𐌰𐌿", "𓀀𓂀", "𒀀", "ꙮ", "ᚠᚢᚦ", "ⴰⵎⴰⵣⵉⵖ", "ߒߞߏ", "Ꭰ Ꭱ",
]  # fmt: skip

COMBINING = [
    "e\u0301", "é", "n\u0303", "a\u0308\u0304", "Z\u0351\u036b\u0343a\u0323l\u0352", "\u0301", " \u0301a", "\u0301\u0302", "a\u20dd", "1\u20e3",
    "q\u0307\u0323", "o\u0302\u0301", "\u0e01\u0e33", "ก\u0e49\u0e33",
]  # fmt: skip

EMOJI = [
    "🙂", "🙂🙂", " 🙂", "a🙂b", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇫🇷", "🇫🇷🇩🇪", "❤️", "❤", "☺️", "1️⃣", "🫠", "🦙.cpp", "😀😃😄😁", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🧑🏿‍🚀!", "☕️ 3", "🚀 (normal) 😶‍🌫️ (multiple emojis concatenated) ✅ 🦙🦙 3 33 333",
]  # fmt: skip

RARE = [
    "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\ue000", "\U000f0000", "\U0001f1e6", "\u2581a", "▁▁", "Ġ", "Ċ", "ĠĠ", "Ġhello", "âĢĻ", "Ã©",
    "a\u202eb", "\u2066x\u2069", "\U000e0041", "〜～", "‐‑‒", "ªº", "ʰʷ", "ⓐⓑ", "🄰", "℃", "№", "㎏", "㊗", "﷽", "ـــ",
]  # fmt: skip

TEXTS = [
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.",
    "\"Well,\" said she, \"I don't know; it's 10:30 -- isn't it?\"\n\n'Quite,' he'd replied.\n",
    "Dr. Smith (b. 1952) paid $1,234.56 on 03/04/2021; see §4.2, pp. 12–15.",
    "MiXeD CaSe WoRdS and ALLCAPS, numbers123and456letters, trailing spaces   \n   leading",
    "Line one\r\nLine two\r\n\r\nLine four\tTabbed",
    "The quick brown 🦊 jumps over the lazy 🐶 — naïve café, coöperate, Ångström.",
    "日本語とEnglishを混ぜた文章、123と１２３。",
    "\n =\n\n\n\n\n\n !\n\n  ''''''```````\"\"\"\"......!!!!!!??????",
]


def unique(texts):
    return list(dict.fromkeys(texts))


def split(block):
    return [text for text in block.split("|") if text]


def with_tokens(tokens):
    """Added tokens inside text, broken, doubled and beside spaces."""
    texts = []
    for token in tokens:
        texts += [token, f"a{token}b", f"a {token} b", f"{token}{token}", token[:-1], f" {token}", f"{token} ", f"{token}\n1",
                  f"'{token}'s", f"{token[0]}{token}"]  # fmt: skip
    return texts + ["".join(tokens), " ".join(tokens), "<|", "|>", "<|unknown|>", tokens[0].upper()]


def chat(start, end):
    return f"{start}system\nYou are helpful.{end}\n{start}user\nWhat's 12 + 30?{end}\n{start}assistant\n"


ALL = unique(
    split(WORDS) + split(CONTRACTIONS) + split(DIGITS) + split(PUNCTUATION) + CODE + WHITESPACE + CONTROL + LANGUAGES + COMBINING
    + EMOJI + RARE + TEXTS
)  # fmt: skip
