/// One sentence in both languages, before spelling.
package struct Sentence: Sendable {
  package enum Ending: String, Sendable {
    case period = "."
    case question = "?"
    case exclamation = "!"
  }
  package var phrase: Phrase
  package var ending: Ending = .period
  /// An expression as it stands: the corpus says it again and again, as people do.
  package var isExpression = false

  package init(_ phrase: Phrase, _ ending: Ending = .period) {
    self.phrase = phrase
    self.ending = ending
  }
}

extension Clause {
  /// As a statement.
  package var statement: Phrase { Phrase(english: english(), french: french()) }
}

extension Composer {
  /// A random sentence. Weights follow how much there is to learn in each construction.
  package mutating func sentence() -> Sentence {
    let make: (inout Composer) -> Sentence? = weighted([
      ({ $0.statement() }, 0.27),
      ({ $0.descriptionSentence() }, 0.09),
      ({ $0.stateSentence() }, 0.05),
      ({ $0.weatherSentence() }, 0.02),
      ({ $0.thereIs() }, 0.04),
      ({ $0.yesNoQuestion() }, 0.05),
      ({ $0.whQuestion() }, 0.05),
      ({ $0.command() }, 0.035),
      ({ $0.chained() }, 0.075),
      ({ $0.because() }, 0.06),
      ({ $0.compound() }, 0.07),
      ({ $0.relative() }, 0.05),
      ({ $0.comparison() }, 0.04),
      ({ $0.reference() }, 0.035),
      ({ $0.identity() }, 0.035),
      ({ $0.idiom() }, 0.055),
      ({ $0.topic() }, 0.05),
      ({ $0.everyday() }, 0.09),
      ({ $0.passive() }, 0.03),
      ({ $0.fragment() }, 0.02),
      ({ $0.greeting() }, 0.03),
      ({ $0.introduction() }, 0.02),
    ])
    while true {
      if let sentence = make(&self) { return sentence }
    }
  }

  package mutating func polarity(_ tense: Tense, _ probability: Double = 0.16) -> Polarity {
    tense != .usedTo && chance(probability) ? .not : .affirmative
  }

  // MARK: Plain statements

  package mutating func statement() -> Sentence? {
    let tense = tense()
    if chance(0.015) {
      var clause = action(nobody(), tense, isBare: true)
      clause.polarity = .negativeSubject
      return Sentence(clause.statement)
    }
    let subject =
      chance(0.1)
      ? nounPhrase(in: "A", isDefinite: chance(0.7)) : chance(0.06) ? nounPhrase(in: "8", isDefinite: true) : person()
    var clause = action(subject, tense, polarity: polarity(tense))
    if clause.polarity == .affirmative, chance(0.015), clause.complements.isEmpty == false,
      clause.verb.frenchParticle.isEmpty,
      case .direct = clause.complements[0], clause.complements.count == 1, tense != .usedTo,
      !clause.verb.flags.contains("fixed"), clause.adverb == nil,
      // Persons are loved by another verb than things.
      clause.verb.english.base != "love"
    {
      clause.polarity = .nothing
      clause.complements = []
    }
    if clause.polarity == .affirmative, clause.adverb == nil, clause.earlyFrench == nil, chance(0.04) {
      return Sentence(opening(clause))
    }
    return Sentence(clause.statement)
  }

  /// "Yesterday, she …": the time comes first in both languages.
  private mutating func opening(_ clause: Clause) -> Phrase {
    var clause = clause
    let row: (String, String)?
    switch clause.tense {
    case .past:
      row = pick([
        ("yesterday", "hier"), ("this~2 morning~1", "ce~2 matin~1"), ("last~2 week~1", "la~1 semaine~1 dernière~2"),
        ("two~1 days~2 ago~3", "il~3 y~3 a~3 deux~1 jours~2"),
      ])
    case .future, .goingTo:
      row = pick([("tomorrow", "demain"), ("next~2 week~1", "la~1 semaine~1 prochaine~2"), ("tonight", "ce soir")])
    case .present:
      row = pick([
        ("every~2 day~1", "tous~2 les~2 jours~1"), ("in~2 the~2 morning~1", "le~2 matin~1"),
        ("in~2 summer~1", "en~2 été~1"),
      ])
    default: row = nil
    }
    guard let row, clause.complements.count < 2 else { return clause.statement }
    if let last = clause.complements.last, case .phrase = last { clause.complements = [] }
    return phrase(row.0, row.1) + comma() + clause.statement
  }

  /// Sentences about the fields of study and what machines do.
  package mutating func topic() -> Sentence? {
    let studies = nounPhrase(in: "SSs")
    switch random.next() % 6 {
    case 0:
      var adjectives = lexicon.adjectives.filter { !$0.classes.isDisjoint(with: ["S", "s"]) }
      if studies.noun?.classes.contains("5") == true { adjectives = adjectives.filter { $0.english != "good" } }
      let tense: Tense = weighted([(.present, 0.8), (.past, 0.1), (.future, 0.1)])
      var clause = clause(studies, Composer.be, tense)
      clause.polarity = polarity(tense, 0.12)
      clause.complements = [.phrase(adjectivePhrase(pick(adjectives), studies.agreement))]
      return Sentence(clause.statement)
    case 1:
      let machine = nounPhrase(in: "8T", isDefinite: chance(0.6))
      var clause = clause(
        machine, pick(lexicon.verbs.filter { $0.subjects.contains("8") }),
        weighted([(.present, 0.5), (.past, 0.2), (.future, 0.2), (.presentProgressive, 0.1)]))
      guard machine.noun?.classes.contains("8") == true else { return nil }
      clause = action(machine, clause.tense, polarity: polarity(clause.tense))
      return Sentence(clause.statement)
    default:
      let verbs = lexicon.verbs.filter { verb in
        verb.subjects.contains("P") && verb.frames.contains { $0.count == 1 && Composer.fits(studies, $0[0].classes) }
      }
      let verb = pick(verbs)
      let frame = verb.frames.first { $0.count == 1 && Composer.fits(studies, $0[0].classes) } ?? []
      let tense = allowed(tense(), verb)
      var clause = clause(person(), verb, tense)
      clause.polarity = polarity(tense, 0.12)
      let preposition = frame[0].french
      if let preposition {
        clause.complements = [.prepositional(english: [], french: [Word(preposition, [clause.verbIdea])], studies)]
      } else {
        clause.complements = [.direct(studies)]
      }
      if clause.polarity == .affirmative, chance(0.15), tense == .present {
        clause.adverb = phrase("really", "vraiment")
      }
      return Sentence(clause.statement)
    }
  }

  private static func fits(_ phrase: NounPhrase, _ classes: String) -> Bool {
    !classes.hasPrefix("@") && !Set(classes).isDisjoint(with: phrase.noun?.classes ?? [])
  }

  /// A noun phrase by itself.
  package mutating func fragment() -> Sentence? {
    let noun = nounPhrase(in: "PAFOVZNTWRBMD", isDefinite: chance(0.6))
    return Sentence(Phrase(english: noun.english, french: noun.french))
  }

  package mutating func greeting() -> Sentence? {
    let row = pick(lexicon.greetings)
    let isQuestion = row[0].hasSuffix("?")
    let english = isQuestion ? String(row[0].dropLast()) : row[0]
    let french = isQuestion ? String(row[1].dropLast(2)) : row[1]
    var result = phrase(english, french)
    if chance(0.5) {
      let name = name()
      result = result + comma() + Phrase(english: name.english, french: name.french)
    }
    var sentence = Sentence(result, isQuestion ? .question : chance(0.15) ? .exclamation : .period)
    sentence.isExpression = true
    return sentence
  }

  /// Who somebody is and where from; the names are mostly such that nobody has heard.
  package mutating func introduction() -> Sentence? {
    let name = chance(0.75) ? namePhrase(inventedName(), .masculine) : name()
    let named = Phrase(english: name.english, french: name.french)
    let isSelf = chance(0.4)
    let said =
      isSelf
      ? pick([("my~1 name~2 is~2", "je~1 m'~2 appelle~2"), ("I~1 am~2", "je~1 suis~2")])
      : pick([
        ("his~1 name~2 is~2", "il~1 s'~2 appelle~2"), ("her~1 name~2 is~2", "elle~1 s'~2 appelle~2"),
        ("your~1 name~2 is~2", "vous~1 vous~2 appelez~2"), ("this~1 is~2", "c'~1 est~2"),
        ("I~1 come~2 from~3", "je~1 viens~2 de~3"), ("we~1 come~2 from~3", "nous~1 venons~2 de~3"),
      ])
    var result = phrase(said.0, said.1) + named
    if isSelf, chance(0.2) { result = phrase("hello", "bonjour") + comma() + result }
    if isSelf, chance(0.15) {
      result = result + phrase("and", "et") + phrase("I~1 am~2", "je~1 suis~2") + profession(name.agreement.gender)
    }
    return Sentence(result)
  }
}
