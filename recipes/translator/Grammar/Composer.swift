import AttendBase

/// Composes random sentences; the same seed and stream give the same sentence.
package struct Composer {
  package let lexicon = Lexicon.shared
  package var random: SeededRandom
  private var lastIdea = 0

  package init(seed: UInt64, stream: UInt64) { random = SeededRandom(seed: seed, stream: stream) }

  package mutating func newIdea() -> Int {
    lastIdea += 1
    return lastIdea
  }

  /// The base of a block of ideas for text with marks.
  package mutating func newIdeas() -> Int {
    lastIdea += MarkedText.ideasPerText
    return lastIdea - MarkedText.ideasPerText
  }

  package mutating func pick<T>(_ items: [T]) -> T { items[Int(random.next() >> 1) % items.count] }

  package mutating func chance(_ probability: Double) -> Bool { random.uniformDouble() < probability }

  package mutating func weighted<T>(_ items: [(T, Double)]) -> T {
    var rest = random.uniformDouble() * items.reduce(0) { $0 + $1.1 }
    for (item, weight) in items {
      rest -= weight
      if rest < 0 { return item }
    }
    return items[items.count - 1].0
  }

  /// Both sides of a table row, aligned by their marks.
  package mutating func phrase(_ english: String, _ french: String) -> Phrase {
    let base = newIdeas()
    return Phrase(english: MarkedText(english).words(from: base), french: MarkedText(french).words(from: base))
  }

  /// A comma on both sides.
  package mutating func comma() -> Phrase { phrase(",", ",") }

  package mutating func clause(_ subject: NounPhrase, _ verb: Verb, _ tense: Tense) -> Clause {
    Clause(subject: subject, verb: verb, verbIdea: newIdea(), negationIdea: newIdea(), tense: tense)
  }

  // MARK: Nouns

  /// A random noun phrase whose head is in one of the classes.
  package mutating func nounPhrase(
    in classes: String, owner: Pronoun? = nil, isGeneric: Bool = false, isNegative: Bool = false,
    isDefinite: Bool = false
  ) -> NounPhrase {
    let letters = Array(classes).filter { !lexicon.nouns(in: $0).isEmpty }
    let letter = pick(letters)
    if letter == "P", !isGeneric, chance(0.3) { return name() }
    let isInvented = "AFORVWZNBTI".contains(letter) && chance(0.07)
    let noun = isInvented ? inventedNoun(letter) : pick(lexicon.nouns(in: letter))
    return nounPhrase(
      of: noun, as: letter, owner: owner, isGeneric: isGeneric, isNegative: isNegative, isDefinite: isDefinite)
  }

  package mutating func nounPhrase(
    of noun: Noun, as letter: Character, owner: Pronoun? = nil, isGeneric: Bool = false, isNegative: Bool = false,
    isDefinite: Bool = false
  ) -> NounPhrase {
    if noun.kind == .subject { return nounPhrase(noun, .generic, .singular) }
    let possessor = owner != nil && chance(0.6) ? owner ?? .i : pick([.i, .you, .he, .she, .we, .they])
    if noun.classes == ["K"] { return nounPhrase(noun, .possessive(possessor), .singular) }
    if ["sun", "moon", "sky"].contains(noun.name) { return nounPhrase(noun, .definite, .singular) }
    let adjectives = adjectives(for: noun)
    // One sheep, two sheep: only words around it could tell.
    let showsNumber = noun.english[.singular]?.words.last?.text != noun.english[.plural]?.words.last?.text
    if letter == "2" || isDefinite {
      let determiner = weighted([
        (Determiner.definite, 0.6), (.possessive(possessor), 0.2), (.demonstrative(isNear: chance(0.5)), 0.2),
      ])
      let isPlural = noun.kind == .counted && letter != "2" && showsNumber && chance(0.2)
      return nounPhrase(noun, determiner, isPlural ? .plural : .singular, adjectives: adjectives)
    }
    if isGeneric, showsNumber || noun.kind == .mass, chance(0.55) {
      return nounPhrase(noun, .generic, noun.kind == .mass ? .singular : .plural)
    }
    if noun.kind == .mass {
      let determiner = weighted([
        (Determiner.definite, 0.25), (isGeneric ? .definite : isNegative && chance(0.7) ? .any : .bare, 0.35),
        (isNegative || isGeneric ? .definite : .some, 0.12), (.possessive(possessor), 0.08),
        (isGeneric ? .definite : .lots, 0.08), (.demonstrative(isNear: chance(0.5)), 0.06),
        (isGeneric ? .definite : .tooMany, 0.03), (isGeneric ? .definite : .enough, 0.03),
      ])
      return nounPhrase(noun, determiner, .singular, adjectives: adjectives)
    }
    if noun.classes.contains("K"), chance(0.4) {
      return nounPhrase(noun, .possessive(possessor), chance(0.85) ? .singular : .plural)
    }
    if isGeneric {
      let determiner = weighted([
        (Determiner.definite, 0.5), (.possessive(possessor), 0.25), (.demonstrative(isNear: chance(0.5)), 0.25),
      ])
      return nounPhrase(noun, determiner, chance(0.7) || !showsNumber ? .singular : .plural, adjectives: adjectives)
    }
    let isPlural = showsNumber && chance(0.3)
    if isPlural {
      let determiner = weighted([
        (Determiner.definite, 0.26), (.possessive(possessor), 0.12), (.demonstrative(isNear: chance(0.5)), 0.08),
        (isNegative ? .any : .bare, 0.12), (isNegative ? .definite : .some, 0.06), (number(), 0.16), (.lots, 0.05),
        (.few, 0.05), (.many, 0.03), (.several, 0.03), (.tooMany, 0.02), (.enough, 0.02), (.all, 0.05),
      ])
      return nounPhrase(noun, determiner, .plural, adjectives: adjectives)
    }
    if chance(0.07) { return distinguished(noun, possessor) }
    let determiner = weighted([
      (Determiner.definite, 0.42), (.indefinite, 0.27), (.possessive(possessor), 0.16),
      (.demonstrative(isNear: chance(0.5)), 0.1), (.every, 0.02),
    ])
    if chance(0.06) {
      return nounPhrase(noun, .owner(chance(0.5) ? name() : relative(possessor)), .singular)
    }
    return nounPhrase(noun, determiner, .singular, adjectives: adjectives)
  }

  /// "My brother", "the doctor": whom things belong to.
  private mutating func relative(_ owner: Pronoun) -> NounPhrase {
    let noun = pick(lexicon.nouns(in: "K"))
    return nounPhrase(noun, .possessive(owner), .singular)
  }

  package mutating func number() -> Determiner {
    if chance(0.35) {
      let digits = String(2 + Int(random.next() % (chance(0.5) ? 98 : 998)))
      return .number(english: digits, french: digits)
    }
    let row = pick(lexicon.numbers)
    return .number(english: row[0], french: row[1])
  }

  package mutating func adjectives(for noun: Noun) -> [(Adjective, isVery: Bool)] {
    guard chance(0.3) else { return [] }
    let fitting = lexicon.adjectives.filter { $0.position != .predicate && !$0.classes.isDisjoint(with: noun.classes) }
    if chance(0.04) { return [(inventedAdjective(), false)] }
    guard !fitting.isEmpty else { return [] }
    let first = pick(fitting)
    let isVery = first.hasDegrees && chance(0.12)
    if first.position == .after, chance(0.12), let second = fitting.first(where: { $0.position == .before }) {
      return [(first, false), (second, false)]
    }
    return [(first, isVery)]
  }

  // MARK: Persons

  package mutating func name() -> NounPhrase {
    if chance(0.25) { return namePhrase(inventedName(), .masculine) }
    let name = pick(lexicon.names)
    return namePhrase(name.text, name.gender)
  }

  package mutating func personPronoun() -> Pronoun {
    weighted([(.i, 0.3), (.you, 0.12), (.he, 0.17), (.she, 0.2), (.we, 0.11), (.they, 0.1)])
  }

  /// A subject that is a person.
  package mutating func person() -> NounPhrase {
    switch random.uniformDouble() {
    case ..<0.58: return pronounPhrase(personPronoun())
    case ..<0.73: return name()
    case ..<0.75: return indefinitePerson("everyone", "tout le monde")
    case ..<0.77: return indefinitePerson("someone", "quelqu'un")
    case ..<0.78: return people()
    case ..<0.81: return couple()
    case ..<0.83: return nounPhrase(pick(lexicon.nouns(in: "6")), .possessive(personPronoun()), .singular)
    default: return nounPhrase(of: pick(lexicon.nouns(in: chance(0.3) ? "K" : "P")), as: "P")
    }
  }

  private mutating func indefinitePerson(_ english: String, _ french: String) -> NounPhrase {
    let idea = [newIdea()]
    return NounPhrase(
      english: [Word(english, idea)], french: [Word(french, idea)], agreement: Agreement(), englishNumber: .singular)
  }

  /// "Nobody knows." → "Personne ne sait."
  mutating func nobody() -> NounPhrase { indefinitePerson("nobody", "personne") }

  mutating func people() -> NounPhrase {
    let base = newIdeas()
    var phrase = NounPhrase(
      english: MarkedText("the~2 people~1").words(from: base), french: MarkedText("les~2 gens~1").words(from: base),
      agreement: Agreement(.third, .plural), englishNumber: .plural)
    phrase.isPerson = true
    return phrase
  }

  /// "Anna and my brother".
  private mutating func couple() -> NounPhrase {
    let first = name()
    var second = chance(0.5) ? name() : relative(.i)
    if second.english.map(\.text) == first.english.map(\.text) { second = relative(.he) }
    let and = newIdea()
    var result = first
    result.english += [Word("and", [and])] + second.english
    result.french += [Word("et", [and])] + second.french
    let feminine = first.agreement.gender == .feminine && second.agreement.gender == .feminine
    result.agreement = Agreement(.third, .plural, feminine ? .feminine : .masculine)
    result.englishNumber = .plural
    return result
  }
}
