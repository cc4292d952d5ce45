/// Clauses with random verbs, objects and circumstances.
extension Composer {
  package static let be = Verb(english: "be/was/been", french: "être", flags: ["state"])
  package static let have = Verb(english: "be/was/been", french: "avoir", flags: ["state"])

  package mutating func tense() -> Tense {
    weighted([
      (.present, 0.27), (.presentProgressive, 0.13), (.past, 0.27), (.pastProgressive, 0.06), (.presentPerfect, 0.06),
      (.future, 0.09), (.goingTo, 0.05), (.conditional, 0.02), (.usedTo, 0.02), (.pastPerfect, 0.03),
    ])
  }

  /// A tense that `verb` allows.
  package func allowed(_ tense: Tense, _ verb: Verb) -> Tense {
    // "I put" and "I read" look like the past, and mean it; "would like" means "voudrais".
    if verb.english.past == verb.english.base, tense == .present { return .past }
    if verb.english.base == "like", tense == .conditional { return .present }
    guard !verb.hasProgressive else { return tense }
    switch tense {
    case .presentProgressive: return .present
    case .pastProgressive: return .past
    case .presentPerfect where verb.isStative, .pastPerfect where verb.isStative: return .past
    default: return tense
    }
  }

  /// A clause with a random verb.
  package mutating func action(
    _ subject: NounPhrase, _ tense: Tense, polarity: Polarity = .affirmative, isBare: Bool = false, verb: Verb? = nil
  ) -> Clause {
    let isAnimal = subject.noun.map { $0.classes.contains("A") } ?? false
    let isMachine = subject.noun.map { $0.classes.contains("8") } ?? false
    let letter: Character = isMachine ? "8" : isAnimal ? "A" : "P"
    let verb = verb ?? pick(lexicon.verbs.filter { $0.subjects.contains(letter) })
    var clause = clause(subject, verb, allowed(tense, verb))
    clause.polarity = polarity
    let frame = pick(verb.frames)
    for complement in frame { clause.complements.append(self.complement(complement, of: clause, in: frame)) }
    if verb.flags.contains("double"), frame.count == 2 { orderObjects(&clause, frame[1]) }
    if verb.flags.contains("play"), verb.french.infinitive == "jouer" { play(&clause) }
    if !isBare { addCircumstances(&clause, hasObject: frame.contains { !$0.classes.hasPrefix("@") }) }
    return clause
  }

  /// "Give Anna a book" beside "give a book to Anna"; a preposition that is empty in the table allows only the first.
  private mutating func orderObjects(_ clause: inout Clause, _ receiver: Verb.Complement) {
    let isOnlyWay = receiver.english == ""
    guard case .direct = clause.complements[0] else {
      if isOnlyWay { clause.complements.removeLast() }
      return
    }
    clause.receiverComesFirst = isOnlyWay || chance(0.5)
  }

  private mutating func complement(
    _ complement: Verb.Complement, of clause: Clause, in frame: [Verb.Complement]
  ) -> Complement {
    if complement.classes.hasPrefix("@") { return .phrase(place(complement.classes)) }
    let verb = clause.verb
    let isPersonal = Set(complement.classes).isSubset(of: ["P", "K", "A", "6"])
    let isClitic = complement.french == nil || complement.french == "à" && complement.classes == "P"
    let mayBePronoun = !verb.flags.contains("fixed") && !verb.flags.contains("nolui") && isClitic
    let hasDirectPronoun = clause.complements.contains { if case .pronoun = $0 { true } else { false } }
    if mayBePronoun, chance(complement.french == nil ? 0.16 : 0.4), !(hasDirectPronoun && complement.french == nil) {
      // With two pronouns only "le lui" and its like.
      // "Love them" would not tell persons from things.
      let isSingular = chance(0.7) || verb.english.base == "love"
      var pronoun = isPersonal ? personPronoun() : isSingular ? .it(.masculine) : .they
      if complement.french != nil || isPersonal {
        while sameSide(pronoun, clause.subject.pronoun) || hasDirectPronoun && [.i, .you, .we].contains(pronoun) {
          pronoun = personPronoun()
        }
      }
      return .pronoun(
        pronoun, isDirect: complement.french == nil, englishPreposition: complement.english, idea: newIdea())
    }
    if complement.classes == "P" || complement.classes == "PA", ["avec", "pour"].contains(complement.french),
      chance(0.4)
    {
      return stressed(complement, clause.subject.pronoun)
    }
    let owner = clause.subject.pronoun ?? (clause.subject.isPerson ? clause.subject.laterPronoun : nil)
    let phrase = nounPhrase(
      in: complement.classes, owner: owner, isGeneric: verb.flags.contains("generic"),
      isNegative: clause.polarity == .not && complement.french == nil)
    if verb.flags.contains("play") { return .direct(phrase) }
    guard complement.english != nil || complement.french != nil else { return .direct(coordinated(phrase, complement)) }
    let idea = [newIdea()]
    let english = complement.english.flatMap { $0.isEmpty ? nil : [Word($0, idea)] } ?? []
    return .prepositional(
      english: english, french: complement.french.map { [Word($0, english.isEmpty ? [clause.verbIdea] : idea)] } ?? [],
      phrase)
  }

  /// "Bread and butter": sometimes another thing of the same kind.
  private mutating func coordinated(_ first: NounPhrase, _ complement: Verb.Complement) -> NounPhrase {
    guard let noun = first.noun, first.frenchAfterNegation == nil, noun.kind != .subject, chance(0.05) else {
      return first
    }
    let second = nounPhrase(in: complement.classes, isDefinite: first.isDefinite)
    guard second.noun?.name != noun.name, second.noun?.kind != .subject, second.isPerson == first.isPerson else {
      return first
    }
    let and = newIdea()
    var both = first
    both.english += [Word("and", [and])] + second.english
    both.french += [Word("et", [and])] + second.french
    return both
  }

  /// "With me".
  private mutating func stressed(_ complement: Verb.Complement, _ subject: Pronoun?) -> Complement {
    var pronoun = personPronoun()
    while sameSide(pronoun, subject) { pronoun = personPronoun() }
    let idea = newIdea()
    let other = newIdea()
    return .phrase(
      Phrase(
        english: (complement.english.map { [Word($0, [idea])] } ?? []) + [Word(pronoun.english.object, [other])],
        french: [
          Word(complement.french ?? "", [complement.english == nil ? other : idea]),
          Word(pronoun.french.stressed, [other]),
        ]))
  }

  /// "I see me" would need a reflexive.
  private func sameSide(_ first: Pronoun, _ second: Pronoun?) -> Bool {
    guard let second else { return false }
    if first == second { return true }
    return first.agreement.person == second.agreement.person && first.agreement.person != .third
  }

  /// "Play soccer" → "jouer au football", "play the piano" → "jouer du piano".
  private mutating func play(_ clause: inout Clause) {
    guard let preposition = clause.verb.frenchParticle.first, let first = clause.complements.first,
      case .direct(let phrase) = first, let noun = phrase.noun
    else { return }
    let isInstrument = noun.classes.contains("I")
    let again = nounPhrase(noun, isInstrument ? .definite : .generic, .singular)
    var words = again.french
    words[0].ideas += [clause.verbIdea]
    let bare = Phrase(english: again.english, french: [Word(preposition, [clause.verbIdea])] + words)
    clause.complements = [.phrase(bare)]
    clause.verb = Verb(english: "play", french: "jouer")
  }

  /// Adverbs, places and times that go with the tense.
  private mutating func addCircumstances(_ clause: inout Clause, hasObject: Bool) {
    if clause.polarity == .affirmative || clause.polarity == .not {
      if clause.polarity == .affirmative, chance(0.12), clause.tense != .usedTo { addFrequency(&clause) }
      if !hasObject, clause.verb.frenchParticle.isEmpty, !clause.verb.french.isReflexive,
        clause.polarity == .affirmative,
        !clause.verb.french.usesEtre, clause.adverb == nil, clause.verb.englishParticle.isEmpty, chance(0.25)
      {
        let row = pick(lexicon.manners)
        let manner = phrase(row[0], row[1])
        if row.count > 2 { clause.earlyFrench = manner } else { clause.complements.insert(.phrase(manner), at: 0) }
      }
    }
    let hasPlace = clause.complements.contains { if case .phrase = $0 { true } else { false } }
    if clause.earlyFrench == nil, !hasPlace, clause.verb.hasProgressive, chance(0.08) {
      clause.complements.append(.phrase(chance(0.35) ? spatial() : place("@in")))
    }
    if clause.earlyFrench == nil, clause.polarity != .notAnymore, chance(0.24), let time = time(for: clause.tense) {
      clause.complements.append(.phrase(time))
    }
  }

  private mutating func addFrequency(_ clause: inout Clause) {
    switch clause.tense {
    case .presentPerfect, .pastPerfect:
      if chance(0.6) {
        clause.adverb = phrase("already", "déjà")
      } else if clause.tense == .presentPerfect {
        clause.polarity = .not
        clause.earlyFrench = phrase("yet", "encore")
      }
    case .presentProgressive: clause.adverb = phrase("still", "encore")
    case .present, .past, .future:
      let row = pick(lexicon.frequencies.filter { $0[0] != "still" })
      if row.count > 2 {
        if row[0] == "no longer", clause.tense == .past, !clause.isStative { return }
        let saysAnymore = row[0] == "no longer" && chance(0.5)
        clause.polarity = saysAnymore ? .notAnymore : .other(english: row[0], french: row[1])
      } else {
        clause.adverb = phrase(row[0], row[1])
      }
    default: return
    }
  }

  // MARK: Places and times

  package mutating func place(_ kind: String) -> Phrase {
    switch kind {
    case "@city", "@tocity":
      let preposition = kind == "@city" ? "in" : "to"
      if chance(0.12) {
        let city = inventedName()
        return phrase("\(preposition)~2 \(city)~1", "à~2 \(city)~1")
      }
      let isCity = chance(0.6)
      let row = pick(isCity ? lexicon.cities : lexicon.countries)
      return isCity
        ? phrase("\(preposition)~2 " + marked(row[0]), "à~2 " + marked(row[1]))
        : phrase("\(preposition)~2 \(row[0])", row[1])
    case "@spatial": return spatial()
    case "@walk":
      if chance(0.5) {
        let end = nounPhrase(pick(lexicon.nouns(in: "q")), .definite, .singular)
        return phrase("to", "jusqu' à") + Phrase(english: end.english, french: end.french)
      }
      let row = pick(
        lexicon.places.filter { $0[1].hasPrefix("to") && ["à", "au"].contains($0[2].prefix { $0 != "~" }) })
      return phrase(row[1], "jusqu'~2 " + row[2])
    case "@to":
      if chance(0.35) {
        let end = nounPhrase(pick(lexicon.nouns(in: "q")), .definite, .singular)
        return phrase("to", "à") + Phrase(english: end.english, french: end.french)
      }
      let row = pick(lexicon.places.filter { !$0[1].isEmpty })
      return phrase(row[1], row[2])
    case "@sit":
      if chance(0.55) {
        let row = pick(lexicon.rivers)
        return phrase(row[0], row[1])
      }
      return spatial()
    case "@sea":
      return chance(0.5)
        ? phrase("in~2 the~3 sea~1", "dans~2 la~3 mer~1") : phrase("in~2 the~3 lake~1", "dans~2 le~3 lac~1")
    case "@bank":
      return chance(0.5)
        ? phrase("in~2 the~2 bank~1", "à~2 la~2 banque~1") : phrase("at~2 the~2 bank~1", "à~2 la~2 banque~1")
    default:
      if chance(0.15) {
        let spot = nounPhrase(pick(lexicon.nouns(in: "q")), .definite, .singular)
        return phrase("at", "à") + Phrase(english: spot.english, french: spot.french)
      }
      let row = pick(lexicon.places)
      return phrase(row[0], row[2])
    }
  }

  private func marked(_ name: String) -> String {
    name.split(separator: " ").map { $0 + "~1" }.joined(separator: " ")
  }

  /// "Behind the house".
  package mutating func spatial() -> Phrase {
    if chance(0.06) { return between() }
    let row = pick(lexicon.spatial)
    let preposition = phrase(row[0], row[1])
    var place = nounPhrase(in: row[2], isDefinite: true)
    if chance(0.2), let noun = place.noun, noun.kind == .counted, !noun.isPluralInFrench,
      noun.classes != ["K"], !["sun", "moon", "sky"].contains(noun.name)
    {
      place = nounPhrase(noun, .indefinite, .singular, adjectives: adjectives(for: noun))
    }
    return preposition + Phrase(english: place.english, french: place.french)
  }

  /// "Between the church and the school".
  private mutating func between() -> Phrase {
    let letter = pick(["Z", "B", "N", "P"])
    let first = nounPhrase(in: letter, isDefinite: true)
    let second = nounPhrase(in: letter, isDefinite: true)
    return phrase("between", "entre") + Phrase(english: first.english, french: first.french) + phrase("and", "et")
      + Phrase(english: second.english, french: second.french)
  }

  package mutating func time(for tense: Tense) -> Phrase? {
    let letter: Character
    switch tense {
    case .past: letter = "p"
    case .present, .usedTo: letter = "n"
    case .presentProgressive: letter = "c"
    case .future, .goingTo: letter = "f"
    default: return nil
    }
    if chance(0.25) {
      let number = pick(lexicon.numbers)
      let unit = pick([
        ("minutes", "minutes"), ("hours", "heures"), ("days", "jours"), ("weeks", "semaines"), ("months", "mois"),
        ("years", "ans"),
      ])
      if letter == "p" || letter == "f", chance(0.25) {
        return phrase("for~3 \(number[0])~1 \(unit.0)~2", "pendant~3 \(number[1])~1 \(unit.1)~2")
      }
      if letter == "p" { return phrase("\(number[0])~1 \(unit.0)~2 ago~3", "il~3 y~3 a~3 \(number[1])~1 \(unit.1)~2") }
      if letter == "f" { return phrase("in~3 \(number[0])~1 \(unit.0)~2", "dans~3 \(number[1])~1 \(unit.1)~2") }
      if tense == .past || tense == .future || tense == .present { return hour() }
    }
    if letter == "n" || letter == "p" || letter == "f", chance(0.12) { return hour() }
    let row = pick(lexicon.times.filter { $0[2].contains(letter) })
    return phrase(row[0], row[1])
  }

  /// "At three o'clock".
  package mutating func hour() -> Phrase {
    let number = pick(lexicon.numbers.prefix(9).map { $0 })
    return phrase("at~3 \(number[0])~1 o'clock~2", "à~3 \(number[1])~1 heures~2")
  }

  // MARK: To be

  /// "Very tired", agreeing.
  package mutating func adjectivePhrase(_ adjective: Adjective, _ agreement: Agreement, allowsDegree: Bool = true)
    -> Phrase
  {
    let form = adjective.french.form(agreement.gender, agreement.adjectiveNumber)
    let idea = newIdea()
    var result = Phrase(english: [Word(adjective.english, [idea])], french: [Word(form, [idea])])
    if allowsDegree, adjective.hasDegrees, chance(0.3) {
      let (english, french) = weighted([
        (("very", "très"), 0.5), (("too", "trop"), 0.25), (("so", "si"), 0.15), (("really", "vraiment"), 0.1),
      ])
      result = phrase(english, french) + result
    }
    return result
  }

  package func fittingAdjectives(_ subject: NounPhrase) -> [Adjective] {
    let classes: Set<Character> = subject.noun.map(\.classes) ?? ["P"]
    return lexicon.adjectives.filter { !$0.classes.isDisjoint(with: classes) }
  }

  /// "She is tired"; nil when nothing fits the subject.
  package mutating func description(_ subject: NounPhrase, _ tense: Tense, allowsOthers: Bool = true) -> Clause? {
    var fitting = fittingAdjectives(subject)
    if subject.pronoun != nil || subject.noun == nil { fitting = fitting.filter { !$0.english.hasSuffix("ish") } }
    guard !fitting.isEmpty else { return nil }
    var verb = Composer.be
    if allowsOthers, subject.isPerson, chance(0.08) { verb = Verb(english: "become/became/become", french: "devenir") }
    if allowsOthers, subject.isPerson, chance(0.05) { verb = Verb(english: "feel/felt/felt", french: "se sentir") }
    if allowsOthers, chance(0.05) { verb = Verb(english: "look", french: "avoir l'air", flags: ["state"]) }
    if allowsOthers, chance(0.05) { verb = Verb(english: "seem", french: "sembler", flags: ["state"]) }
    var clause = clause(subject, verb, tense)
    clause.complements = [.phrase(adjectivePhrase(pick(fitting), (clause.frenchSubject ?? subject).agreement))]
    return clause
  }

  /// "He was hungry" → "il avait faim".
  package mutating func having(_ subject: NounPhrase, _ tense: Tense) -> Clause {
    var clause = clause(subject, Composer.have, tense)
    let row = pick(lexicon.havings)
    var state = phrase(row[0], row[1])
    if ["hungry", "thirsty", "cold", "hot", "sleepy", "afraid"].contains(row[0]), chance(0.25) {
      state = phrase("very", "très") + state
    } else if row[0] == "afraid", chance(0.5) {
      let object = nounPhrase(in: "A", isDefinite: true)
      state = state + phrase("of", "de") + Phrase(english: object.english, french: object.french)
    }
    clause.complements = [.phrase(state)]
    return clause
  }

  /// "It was raining" → "il pleuvait".
  package mutating func weather(_ tense: Tense) -> Clause {
    let subject = pronounPhrase(.it(.masculine))
    let kind = weighted([(0, 0.45), (1, 0.2), (2, 0.35)])
    if kind < 2 {
      let verb = kind == 0 ? Verb(english: "rain", french: "pleuvoir") : Verb(english: "snow", french: "neiger")
      var clause = clause(subject, verb, tense)
      if chance(0.15) { clause.earlyFrench = phrase("a lot", "beaucoup") }
      return clause
    }
    var simple = tense
    if tense == .presentProgressive { simple = .present }
    if tense == .pastProgressive || tense == .presentPerfect || tense == .pastPerfect { simple = .past }
    if chance(0.3) {  // "The weather is nice." → "Il fait beau."
      let base = newIdeas()
      var subject = subject
      subject.english = MarkedText("the~1 weather~1").words(from: base)
      subject.french = MarkedText("il~1").words(from: base)
      subject.pronoun = nil
      var clause = clause(subject, Verb(english: "be/was/been", french: "faire", flags: ["state"]), simple)
      let row = pick([
        ("nice", "beau"), ("nice", "beau"), ("bad", "mauvais"), ("bad", "mauvais"), ("cold", "froid"), ("warm", "bon"),
      ])
      let degree = row.1 != "bon" && chance(0.25) ? phrase("very", "très") : Phrase(english: [], french: [])
      clause.complements = [.phrase(degree + phrase(row.0, row.1))]
      return clause
    }
    let row = pick([
      ("cold", "faire", "froid"), ("hot", "faire", "chaud"), ("warm", "faire", "bon"), ("windy", "", "du vent"),
      ("sunny", "", "du soleil"), ("foggy", "", "du brouillard"), ("dark", "faire", "nuit"),
    ])
    let verb = Verb(english: "be/was/been", french: row.1.isEmpty ? "avoir" : "faire", flags: ["state"])
    var clause = clause(subject, verb, simple)
    if row.1.isEmpty {
      let idea = newIdea()
      clause.frenchClitics = [Word("y", [clause.verbIdea])]
      let words = row.2.split(separator: " ").map { Word(String($0), [idea]) }
      var wind = NounPhrase(
        english: [Word(row.0, [idea])], french: words, agreement: Agreement(), englishNumber: .singular)
      wind.frenchAfterNegation = [Word("de", [idea])] + words.suffix(1)
      clause.complements = [.direct(wind)]
    } else {
      var state = phrase(row.0, row.2)
      if ["cold", "hot"].contains(row.0), chance(0.3) { state = phrase("very", "très") + state }
      clause.complements = [.phrase(state)]
    }
    return clause
  }
}
