/// Words that nobody has heard, which French takes over as they are: so copying is learned.
extension Composer {
  /// A name of one to four syllables.
  package mutating func inventedName() -> String {
    var text = ""
    repeat { text = syllables(weighted([(1, 0.3), (2, 0.4), (3, 0.22), (4, 0.08)])) } while lexicon.knows(text)
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  /// A thing of this class; French gives it the masculine gender and the plural that English gives it.
  mutating func inventedNoun(_ letter: Character) -> Noun {
    let endings = [
      "phone", "meter", "ator", "ling", "er", "let", "ette", "ium", "oid", "ster", "tron", "board", "craft", "ball",
      "stick", "berry", "wood", "bird", "man", "fish", "box", "ment", "tion", "ology", "ware", "house", "work", "book",
    ]
    let word = invented(endings)
    return Noun([word, word + "/" + Noun.englishPlural(word), "m", String(letter)])
  }

  /// A quality; it stands behind its noun and never changes.
  mutating func inventedAdjective() -> Adjective {
    let word = invented(["ish", "y", "ful", "less", "ous", "ic", "al", "ive", "able", "ed", "ing", "esque"])
    return Adjective(["-" + word, word + "/" + word, "a", ""])
  }

  private mutating func invented(_ endings: [String]) -> String {
    var word = ""
    repeat {
      word =
        chance(0.55)
        ? syllables(weighted([(1, 0.6), (2, 0.4)])) + pick(endings)
        : syllables(weighted([(1, 0.2), (2, 0.5), (3, 0.3)]))
    } while word.count < 5 || lexicon.knows(word)
    return word
  }

  private mutating func syllables(_ count: Int) -> String {
    let starts =
      "b c d f g j k l m n p r s t v w z x bl br ch cl cr dr fl fr gl gr kl kr kv pl pr qu sh sk sl sm sn st tr th wh"
      .split(separator: " ").map(String.init)
    let vowels = "a e i o u a e i o u ai au ee ei ia io oo ou y".split(separator: " ").map(String.init)
    let ends = "b d ck ff g k l ll m n nd ng nn p r rk rt s ss st t tt lt v x z".split(separator: " ").map(String.init)
    var text = chance(0.15) ? pick(Array(vowels.prefix(5))) : ""
    for syllable in 1...count {
      text += (syllable == 1 && !text.isEmpty ? pick(ends) : pick(starts)) + pick(vowels)
      if chance(syllable == count ? 0.75 : 0.3) { text += pick(ends) }
    }
    return text
  }
}
