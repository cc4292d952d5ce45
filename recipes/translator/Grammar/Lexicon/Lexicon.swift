/// A noun of both languages.
public struct Noun: Sendable {
  package enum Kind: Sendable { case counted, mass, subject }
  package let english: [GrammaticalNumber: MarkedText]
  package let french: [GrammaticalNumber: MarkedText]
  package let gender: Gender
  package let classes: Set<Character>
  package let kind: Kind
  /// Always plural on that side.
  package let isPluralInFrench, isPluralInEnglish: Bool
  /// What a woman of this profession is called.
  package let frenchFeminine: String?

  /// The name of a thing that its line in `nounTable` begins with.
  package let name: String

  package init(_ columns: [String]) {
    let english = columns[0].split(separator: "/").map(String.init)
    let french = columns[1].split(separator: "/").map(String.init)
    let flags = Set(columns.count > 4 ? columns[4].split(separator: " ").map(String.init) : [])
    self.english = [
      .singular: MarkedText(english[0]),
      .plural: MarkedText(english.count > 1 ? english[1] : Noun.englishPlural(english[0])),
    ]
    self.french = [
      .singular: MarkedText(french[0]), .plural: MarkedText(french.count > 1 ? french[1] : Noun.plural(french[0])),
    ]
    name = english[0]
    gender = columns[2] == "f" ? .feminine : .masculine
    classes = Set(columns[3])
    kind = flags.contains("mass") ? .mass : flags.contains("subject") ? .subject : .counted
    isPluralInFrench = flags.contains("fp")
    isPluralInEnglish = flags.contains("ep")
    frenchFeminine = columns.count > 5 && !columns[5].isEmpty ? columns[5] : nil
  }

  /// The English plural: the last word takes the ending, its mark stays.
  static func englishPlural(_ english: String) -> String {
    var words = english.split(separator: " ").map(String.init)
    let parts = words[words.count - 1].split(separator: "~").map(String.init)
    words[words.count - 1] = ([EnglishSpelling.addS(parts[0])] + parts.dropFirst()).joined(separator: "~")
    return words.joined(separator: " ")
  }

  /// The plural of the first word; what follows it ("pomme de terre") stays.
  package static func plural(_ french: String) -> String {
    var words = french.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    let parts = words[0].split(separator: "~").map(String.init)
    var head = parts[0]
    if head.hasSuffix("s") || head.hasSuffix("x") || head.hasSuffix("z") {
    } else if head.hasSuffix("au") || head.hasSuffix("eu") {
      head += "x"
    } else if head.hasSuffix("al") {
      head = head.dropLast() + "ux"
    } else {
      head += "s"
    }
    words[0] = ([head] + parts.dropFirst()).joined(separator: "~")
    return words.joined(separator: " ")
  }
}

/// An adjective of both languages.
public struct Adjective: Sendable {
  package enum Position: Sendable { case before, after, predicate }
  package let english: String
  package let comparative, superlative: String?
  package let french: FrenchAdjective
  package let position: Position
  package let classes: Set<Character>
  /// "Very", "more", "as … as" make sense.
  package let hasDegrees: Bool

  package init(_ columns: [String]) {
    var forms = columns[0].split(separator: "/").map(String.init)
    hasDegrees = !forms[0].hasPrefix("-")
    if !hasDegrees { forms[0].removeFirst() }
    english = forms[0]
    comparative = forms.count > 1 ? forms[1] : nil
    superlative = forms.count > 2 ? forms[2] : nil
    french = FrenchAdjective(columns[1])
    position = columns[2] == "b" ? .before : columns[2] == "a" ? .after : .predicate
    classes = Set(columns[3])
  }
}

/// A verb of both languages with what may stand around it.
package struct Verb: Sendable {
  package struct Complement: Sendable {
    let english: String?
    /// nil for a direct object.
    let french: String?
    /// Classes of nouns, or a place: `@in`, `@to`, `@city`, `@tocity`, `@sit`, `@sea`, `@bank`.
    let classes: String
  }
  package let english: EnglishVerb
  package let englishParticle: [String]
  package let french: FrenchVerb
  package let frenchParticle: [String]
  package let subjects: String
  package let frames: [[Complement]]
  package let flags: Set<String>

  package var isStative: Bool { flags.contains("state") }
  /// No progressive, but the simple past is an event ("I saw" → "j'ai vu").
  package var hasProgressive: Bool { !isStative && !flags.contains("state2") }

  package init(_ columns: [String]) {
    let english = columns[0].split(separator: " ").map(String.init)
    self.english = EnglishVerb(english[0])
    englishParticle = Array(english.dropFirst())
    var french = columns[1].split(separator: " ").map(String.init)
    if french[0] == "se" { french = ["se " + french[1]] + french.dropFirst(2) }
    self.french = FrenchVerb(french[0])
    frenchParticle = Array(french.dropFirst())
    subjects = columns[2]
    frames = columns[3].split(separator: " ").map { frame in
      frame == "0" ? [] : frame.split(separator: "+").map { Verb.complement(String($0)) }
    }
    flags = Set(columns.count > 4 ? columns[4].split(separator: " ").map(String.init) : [])
  }

  private static func complement(_ text: String) -> Complement {
    var english: String?
    var rest = text[...]
    if let arrow = rest.firstIndex(of: ">") {
      english = String(rest[..<arrow])
      rest = rest[rest.index(after: arrow)...]
    }
    if rest.hasPrefix("@") { return Complement(english: english, french: nil, classes: String(rest)) }
    let parts = rest.split(separator: ":").map(String.init)
    return Complement(english: english, french: parts[0] == "-" ? nil : parts[0], classes: parts[1])
  }

  package init(english: String, french: String, flags: Set<String> = []) {
    self.init([english, french, "P", "0", flags.joined(separator: " ")])
  }
}

/// All words of the grammar.
package struct Lexicon: Sendable {
  package static let shared = Lexicon()

  package let nouns = Lexicon.rows(nounTable).map(Noun.init)
  package let adjectives = Lexicon.rows(adjectiveTable).map(Adjective.init)
  package let verbs = Lexicon.rows(verbTable).map(Verb.init)
  package let names: [(text: String, gender: Gender)] = nameTable.split(separator: ",").map { entry in
    let words = entry.split(separator: " ")
    return (String(words[0]), words[1] == "f" ? .feminine : .masculine)
  }
  package let cities = Lexicon.rows(cityTable)
  package let countries = Lexicon.rows(countryTable)
  package let places = Lexicon.rows(placeTable)
  package let rivers = Lexicon.rows(riverTable)
  package let spatial = Lexicon.rows(spatialTable)
  package let frequencies = Lexicon.rows(frequencyTable)
  package let manners = Lexicon.rows(mannerTable)
  package let times = Lexicon.rows(timeTable)
  package let numbers = Lexicon.rows(numberTable)
  package let havings = Lexicon.rows(havingTable)
  package let greetings = Lexicon.rows(greetingTable)

  private let nounsByClass: [Character: [Noun]]
  private let englishWords: Set<String>
  /// What may follow "have" in a perfect tense.
  package let participles: Set<String>

  package init() {
    var table: [Character: [Noun]] = [:]
    for noun in nouns { for letter in noun.classes { table[letter, default: []].append(noun) } }
    nounsByClass = table
    participles = Set(verbs.map(\.english.participle)).union(["been", "already", "become"])
    var words: [String] = [
      "i", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us", "them", "my", "your", "his", "its", "our",
      "the", "a", "an", "this", "that", "to", "of", "in", "on", "at", "by", "for", "with", "from", "and", "or", "but",
      "if", "so", "as", "not", "no", "who", "what", "when", "why", "how", "is", "are", "was", "were", "am", "be", "do",
      "does", "did", "has", "have", "had", "will", "can", "may", "must", "all", "very", "too", "than", "their", "there",
      "these", "those", "where", "which", "while", "would", "could", "should",
    ]
    for noun in nouns { words += noun.english.values.flatMap { $0.words.map(\.text) } }
    for adjective in adjectives {
      words += [adjective.english] + [adjective.comparative, adjective.superlative].compactMap { $0 }
    }
    for verb in verbs {
      words += [verb.english.base, verb.english.past, verb.english.participle, verb.english.gerund]
      words += verb.englishParticle
    }
    for row in [places, rivers, spatial, frequencies, manners, times, numbers, havings, greetings].joined() {
      words += row[0].split { !$0.isLetter }.map(String.init)
    }
    englishWords = Set(words.map { $0.lowercased() })
  }

  /// Whether this is a word of the grammar's English, so that an invented word is none.
  package func knows(_ word: String) -> Bool { englishWords.contains(word) }

  package func nouns(in letter: Character) -> [Noun] { nounsByClass[letter] ?? [] }

  package static func rows(_ table: String) -> [[String]] {
    table.split(separator: "\n").map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
