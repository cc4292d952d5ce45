/// A sentence of the corpus: text, words and alignment.
public struct Pair: Sendable {
  public let english, french: String
  /// The words that the alignment counts: split at spaces and before punctuation, French also after an apostrophe.
  public let englishWords, frenchWords: [String]
  /// Pairs (English word, French word) that express the same.
  public let alignment: [(english: Int, french: Int)]
  /// The English sentence without case, punctuation and contractions: the same key is the same sentence.
  public let key: String
}

extension Composer {
  /// How a sentence is written down.
  package struct Style {
    package var contracts, startsLowercase, omitsPeriod: Bool

    package init(contracts: Bool, startsLowercase: Bool, omitsPeriod: Bool) {
      self.contracts = contracts
      self.startsLowercase = startsLowercase
      self.omitsPeriod = omitsPeriod
    }
  }

  package mutating func style() -> Style {
    let isCasual = chance(0.12)
    return Style(
      contracts: chance(0.5), startsLowercase: isCasual, omitsPeriod: isCasual && chance(0.7) || chance(0.12))
  }

  /// Spells both sides.
  package func spell(_ sentence: Sentence, _ style: Style) -> Pair {
    let key = sentence.phrase.english.filter { $0.text != "," }.map { $0.text.lowercased() }.joined(separator: " ")
    var english = style.contracts ? contracted(sentence.phrase.english) : sentence.phrase.english
    var french = FrenchSound.join(sentence.phrase.french)
    // "can not" is one word.
    english = merged(english)
    // "I" and names keep their capital, and the French sentence gets one.
    if !style.startsLowercase || english.first?.text.first?.isUppercase == true {
      capitalize(&english)
      capitalize(&french)
    }
    if !(style.omitsPeriod) {
      english.append(Word(sentence.ending.rawValue, [-1]))
      french.append(Word(sentence.ending.rawValue, [-1]))
    }
    let englishParts = split(english)
    let frenchParts = split(french)
    var alignment: [(english: Int, french: Int)] = []
    for (target, word) in frenchParts.enumerated() {
      for (source, other) in englishParts.enumerated() where !Set(word.ideas).isDisjoint(with: other.ideas) {
        alignment.append((source, target))
      }
    }
    return Pair(
      english: text(englishParts, isFrench: false), french: text(frenchParts, isFrench: true),
      englishWords: englishParts.map(\.text), frenchWords: frenchParts.map(\.text), alignment: alignment,
      key: key + (sentence.ending == .question ? "?" : ""))
  }

  private func capitalize(_ words: inout [Word]) {
    guard let first = words.first else { return }
    words[0].text = first.text.prefix(1).uppercased() + first.text.dropFirst()
  }

  private func contracted(_ words: [Word]) -> [Word] {
    var result: [Word] = []
    for (index, word) in words.enumerated() {
      // "I've seen", never "I've a car".
      if ["have", "has"].contains(word.text), index + 1 < words.count,
        !lexicon.participles.contains(words[index + 1].text)
      {
        result.append(word)
        continue
      }
      // "I am not" rather than "I'm not": one contraction, the later one where there is a choice of "isn't".
      if let last = result.last, let short = EnglishSpelling.contraction(last.text, word.text),
        !(index == words.count - 1 && word.text != "not")
      {
        result[result.count - 1].text = short
        result[result.count - 1].ideas += word.ideas
      } else {
        result.append(word)
      }
    }
    return result
  }

  private func merged(_ words: [Word]) -> [Word] {
    var result: [Word] = []
    for word in words {
      if word.text == "not", let last = result.last, last.text == "can" {
        result[result.count - 1].text = "cannot"
        result[result.count - 1].ideas += word.ideas
      } else {
        result.append(word)
      }
    }
    return result
  }

  private func split(_ words: [Word]) -> [Word] {
    words.flatMap { word in word.text.split(separator: " ").map { Word(String($0), word.ideas) } }
  }

  private func text(_ words: [Word], isFrench: Bool) -> String {
    var text = ""
    for word in words {
      let gluesLeft = [".", ","].contains(word.text) || !isFrench && ["?", "!"].contains(word.text)
      if !text.isEmpty, !gluesLeft, !(isFrench && text.hasSuffix("'")) { text += " " }
      text += word.text
    }
    return text
  }
}
