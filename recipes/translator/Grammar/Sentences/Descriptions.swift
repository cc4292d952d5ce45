/// Sentences with "to be", "to have" and the weather.
extension Composer {
  mutating func stateTense() -> Tense {
    weighted([(.present, 0.58), (.past, 0.27), (.future, 0.09), (.conditional, 0.02), (.goingTo, 0.04)])
  }

  mutating func anySubject() -> NounPhrase {
    switch random.uniformDouble() {
    case ..<0.45: person()
    case ..<0.55: nounPhrase(in: "A", isDefinite: true)
    default: nounPhrase(in: "FMDOVZNTWRLBEX", isDefinite: true)
    }
  }

  mutating func descriptionSentence() -> Sentence? {
    let tense = stateTense()
    var subject = anySubject()
    if subject.pronoun == nil, subject.noun != nil, subject.isDefinite, chance(0.08) {  // "the cat under the table"
      let place = spatial()
      subject.english += place.english
      subject.french += place.french
    }
    if subject.isPerson, chance(0.08), let why = infinitivePhrase(subject.agreement) {  // "too tired to work"
      var clause = clause(subject, Composer.be, tense)
      clause.polarity = polarity(tense)
      let adjective = pick(
        lexicon.adjectives.filter {
          ["tired", "young", "old", "lazy", "busy", "weak", "shy", "sick", "nervous", "small", "poor", "tall"].contains(
            $0.english) && $0.classes.contains("P")
        })
      let state = phrase("too", "trop") + adjectivePhrase(adjective, subject.agreement, allowsDegree: false)
      clause.complements = [.phrase(state + phrase("to", "pour") + why)]
      return Sentence(clause.statement)
    }
    if chance(0.12) {  // where something is
      var clause = clause(subject, Composer.be, tense)
      clause.polarity = polarity(tense)
      clause.complements = [.phrase(chance(0.5) ? spatial() : place("@in"))]
      return Sentence(clause.statement)
    }
    guard var clause = description(subject, tense) else { return nil }
    clause.polarity = polarity(tense, 0.14)
    if clause.polarity == .affirmative, tense == .present || tense == .past, chance(0.08) {
      let row = pick(lexicon.frequencies.filter { ["always", "often", "never", "no longer"].contains($0[0]) })
      if row.count > 2 {
        clause.polarity = .other(english: row[0], french: row[1])
      } else {
        clause.adverb = phrase(row[0], row[1])
      }
    }
    if subject.isPerson, chance(0.06), clause.complements.count == 1, clause.polarity == .affirmative {
      let (english, french, preposition) = pick([
        ("proud", "fier/fière", "de"), ("jealous", "jaloux/jalouse", "de"), ("tired", "fatigué", "de"),
      ])
      let adjective = Adjective([english, french, "p", "P"])
      let person = nounPhrase(of: pick(lexicon.nouns(in: "K")), as: "P", isDefinite: true)
      let of = phrase("of", preposition)
      clause.complements = [
        .phrase(adjectivePhrase(adjective, subject.agreement)),
        .phrase(Phrase(english: of.english + person.english, french: of.french + person.french)),
      ]
    }
    return Sentence(clause.statement)
  }

  /// Hunger and its like, age, professions.
  mutating func stateSentence() -> Sentence? {
    let tense = stateTense()
    switch random.next() % 4 {
    case 0, 1:
      var clause = having(chance(0.2) ? nounPhrase(in: "A", isDefinite: true) : person(), tense)
      clause.polarity = polarity(tense)
      return Sentence(clause.statement)
    case 2:
      let subject = person()
      let tense: Tense = weighted([(.present, 0.6), (.past, 0.3), (.future, 0.1)])
      var clause = clause(subject, Composer.have, tense)
      let row = pick(lexicon.numbers)
      let digits = String(2 + Int(random.next() % 98))
      let number = chance(0.5) ? (row[0], row[1]) : (digits, digits)
      clause.complements = [.phrase(phrase("\(number.0)~1 years~2 old~2", "\(number.1)~1 ans~2"))]
      return Sentence(clause.statement)
    default:
      let subject = chance(0.7) ? pronounPhrase(pick([.i, .he, .she, .you])) : name()
      let tense: Tense = weighted([(.present, 0.6), (.past, 0.25), (.future, 0.15)])
      var clause = clause(
        subject, chance(0.2) ? Verb(english: "become/became/become", french: "devenir") : Composer.be, tense)
      clause.polarity = polarity(tense)
      clause.complements = [.phrase(profession(subject.agreement.gender))]
      return Sentence(clause.statement)
    }
  }

  /// "a doctor" → "médecin", without an article.
  mutating func profession(_ gender: Gender) -> Phrase {
    let noun = pick(lexicon.nouns(in: "J"))
    let idea = newIdeas()
    var english = noun.english[.singular]?.words(from: idea) ?? []
    let article = EnglishSpelling.beginsWithVowel(english[0].text) ? "an" : "a"
    english.insert(Word(article, english[0].ideas), at: 0)
    let french =
      gender == .feminine
      ? MarkedText(noun.frenchFeminine ?? "").words(from: idea) : noun.french[.singular]?.words(from: idea) ?? []
    return Phrase(english: english, french: french)
  }

  mutating func weatherSentence() -> Sentence? {
    let tense: Tense = weighted([
      (.presentProgressive, 0.3), (.pastProgressive, 0.25), (.present, 0.12), (.past, 0.13), (.future, 0.1),
      (.goingTo, 0.1),
    ])
    var clause = weather(tense)
    clause.polarity = polarity(tense)
    if clause.earlyFrench == nil, chance(0.4) {
      if chance(0.45) {
        clause.complements.append(.phrase(place(chance(0.6) ? "@city" : "@in")))
      } else if let time = time(for: clause.tense) {
        clause.complements.append(.phrase(time))
      }
    }
    if chance(0.12), clause.complements.isEmpty { return Sentence(question(clause), .question) }
    return Sentence(clause.statement)
  }

  /// "There are two cats in the garden." → "Il y a deux chats dans le jardin."
  mutating func thereIs() -> Sentence? {
    let tense: Tense = weighted([(.present, 0.65), (.past, 0.25), (.future, 0.1)])
    let isNegative = chance(0.15)
    let object: NounPhrase
    let noun = pick(lexicon.nouns(in: pick(Array("PAFMDOVZBRTE"))))
    guard noun.kind != .subject, noun.classes != ["K"] else { return nil }
    let adjectives = adjectives(for: noun)
    if noun.kind == .mass {
      object = nounPhrase(
        noun, isNegative ? .any : weighted([(.some, 0.5), (.bare, 0.25), (.lots, 0.25)]), .singular,
        adjectives: adjectives)
    } else if isNegative {
      object = nounPhrase(noun, .any, .plural, adjectives: adjectives)
    } else if chance(0.5) {
      object = nounPhrase(noun, .indefinite, .singular, adjectives: adjectives)
    } else {
      let determiner = weighted([
        (Determiner.bare, 0.2), (.some, 0.1), (number(), 0.35), (.lots, 0.15), (.many, 0.1), (.several, 0.05),
        (.few, 0.05),
      ])
      object = nounPhrase(noun, determiner, .plural, adjectives: adjectives)
    }
    let idea = newIdea()
    var subject = NounPhrase(
      english: [Word("there", [idea])], french: [Word("il", [idea])], agreement: Agreement(),
      englishNumber: object.englishNumber)
    if noun.kind == .mass { subject.englishNumber = .singular }
    var clause = clause(subject, Composer.have, tense)
    clause.polarity = isNegative ? .not : .affirmative
    clause.frenchClitics = [Word("y", [idea])]
    clause.complements = [.direct(object)]
    let isLarge = !noun.classes.isDisjoint(with: ["Z", "V", "B"])
    if chance(0.75) {
      let place = isLarge ? place(chance(0.3) ? "@city" : "@in") : chance(0.5) ? place("@in") : spatial()
      clause.complements.append(.phrase(place))
    }
    return !isNegative && chance(0.12) ? Sentence(question(clause), .question) : Sentence(clause.statement)
  }

  /// "This is my brother." → "C'est mon frère."
  mutating func identity() -> Sentence? {
    let tense: Tense = chance(0.85) ? .present : .past
    let isPlural = chance(0.25)
    let noun = pick(lexicon.nouns(in: pick(Array("PAFOVZTWRQE"))))
    guard noun.kind == .counted else { return nil }
    let adjectives = adjectives(for: noun)
    let possessor = pick([Pronoun.i, .you, .he, .she, .we, .they])
    let determiner: Determiner = weighted([
      (.possessive(possessor), 0.4), (isPlural ? .definite : .indefinite, noun.classes == ["K"] ? 0 : 0.4),
      (.owner(chance(0.6) ? name() : nounPhrase(of: pick(lexicon.nouns(in: "K")), as: "P", isDefinite: true)), 0.2),
    ])
    let object = nounPhrase(noun, determiner, isPlural ? .plural : .singular, adjectives: adjectives)
    let idea = newIdea()
    let plural = object.englishNumber == .plural
    let english = plural ? pick(["these", "those", "they"]) : pick(["this", "that", "it"])
    guard english != "they" || tense == .present else { return nil }
    let verb = newIdea()
    let englishVerb = EnglishVerb("be/was/been")
    let number: GrammaticalNumber = plural ? .plural : .singular
    let isPresent = tense == .present
    let frenchVerb =
      isPresent
      ? (object.agreement.number == .plural ? "sont" : "est")
      : (object.agreement.number == .plural ? "étaient" : "était")
    if chance(0.1), english != "it" {  // "Is this your car?"
      let form = isPresent ? englishVerb.present(.third, number) : englishVerb.past(.third, number)
      return Sentence(
        Phrase(
          english: [Word(form, [verb]), Word(english, [idea])] + object.english,
          french: [Word("est-ce que", [verb]), Word("ce", [idea]), Word(frenchVerb, [verb])] + object.french), .question
      )
    }
    let isNegative = chance(0.12)
    let not = newIdea()
    let englishWords =
      [
        Word(english, [idea]),
        Word(isPresent ? englishVerb.present(.third, number) : englishVerb.past(.third, number), [verb]),
      ]
      + (isNegative ? [Word("not", [not])] : [])
    let frenchWords =
      [Word("ce", [idea])] + (isNegative ? [Word("ne", [not])] : []) + [Word(frenchVerb, [verb])]
      + (isNegative ? [Word("pas", [not])] : [])
    return Sentence(Phrase(english: englishWords + object.english, french: frenchWords + object.french))
  }

  /// "The car is faster than the bike."
  mutating func comparison() -> Sentence? {
    let letter = pick(Array("PPAVZWNOF"))
    let first = letter == "P" ? person() : nounPhrase(in: String(letter), isDefinite: true)
    let adjectives = fittingAdjectives(first).filter { $0.hasDegrees && $0.position != .predicate }
    guard first.pronoun != .it(.masculine), !adjectives.isEmpty else { return nil }
    let adjective = pick(adjectives)
    let form = adjective.french.form(first.agreement.gender, first.agreement.adjectiveNumber)
    let tense: Tense = weighted([(.present, 0.75), (.past, 0.2), (.future, 0.05)])
    if chance(0.3) { return superlative(adjective, letter, tense) }
    let second: NounPhrase
    if letter == "P" {
      var other = chance(0.4) ? pronounPhrase(personPronoun()) : person()
      guard !sameEnglish(other, first) else { return nil }
      if let pronoun = other.pronoun {
        if pronoun == first.pronoun { return nil }
        other.english[0].text = pronoun.english.object
        other.french[0].text = pronoun.french.stressed
      }
      second = other
    } else {
      second = nounPhrase(in: String(letter), isDefinite: true)
      guard !sameEnglish(second, first) else { return nil }
    }
    let idea = newIdea()
    let degree = newIdea()
    let than = newIdea()
    var english: [Word]
    var french: [Word]
    let kind = chance(0.72) ? 0 : chance(0.75) ? 1 : 2
    switch kind {
    case 0:
      if let comparative = adjective.comparative {
        english = [Word(comparative, [idea, degree])]
      } else {
        english = [Word("more", [degree]), Word(adjective.english, [idea])]
      }
      english.append(Word("than", [than]))
      if adjective.english == "good" {
        french = [
          Word(
            FrenchAdjective("meilleur").form(first.agreement.gender, first.agreement.adjectiveNumber), [idea, degree])
        ]
      } else {
        french = [Word("plus", [degree]), Word(form, [idea])]
      }
    case 1:
      english = [Word("as", [degree]), Word(adjective.english, [idea]), Word("as", [than])]
      french = [Word("aussi", [degree]), Word(form, [idea])]
    default:
      english = [Word("less", [degree]), Word(adjective.english, [idea]), Word("than", [than])]
      french = [Word("moins", [degree]), Word(form, [idea])]
    }
    french.append(Word("que", [than]))
    var clause = clause(first, Composer.be, tense)
    clause.complements = [.phrase(Phrase(english: english + second.english, french: french + second.french))]
    if kind == 1 { clause.polarity = polarity(tense, 0.3) }
    return Sentence(clause.statement)
  }

  private func sameEnglish(_ first: NounPhrase, _ second: NounPhrase) -> Bool {
    first.english.map(\.text) == second.english.map(\.text)
  }

  /// "It is the most beautiful city in France." → "C'est la plus belle ville de France."
  private mutating func superlative(_ adjective: Adjective, _ letter: Character, _ tense: Tense) -> Sentence? {
    let nouns = lexicon.nouns(in: letter).filter {
      $0.kind == .counted && !$0.isPluralInEnglish && !$0.classes.isDisjoint(with: adjective.classes)
        && $0.classes != ["K"] && !["sun", "moon", "sky"].contains($0.name)
    }
    guard !nouns.isEmpty else { return nil }
    let noun = pick(nouns)
    let best = superlativePhrase(noun, adjective)
    let place = pick([
      ("in~3 the~2 world~1", "de~3 le~2 monde~1"), ("in~3 the~2 city~1", "de~3 la~2 ville~1"),
      ("in~3 France~1", "de~3 France~1"), ("in~3 the~2 class~1", "de~3 la~2 classe~1"), ("", ""),
    ])
    var tail = place.0.isEmpty ? Phrase(english: [], french: []) : phrase(place.0, place.1)
    for index in tail.french.indices where tail.french[index].text == "le" { tail.french[index].isArticle = true }
    let object = Phrase(english: best.english + tail.english, french: best.french + tail.french)
    guard tense != .future else { return nil }
    if chance(0.5) {
      let it = newIdea()
      let verb = newIdea()
      let isPresent = tense == .present
      let subject = letter == "P" ? "this" : pick(["this", "that", "it"])
      return Sentence(
        Phrase(
          english: [Word(subject, [it]), Word(isPresent ? "is" : "was", [verb])] + object.english,
          french: [Word("ce", [it]), Word(isPresent ? "est" : "était", [verb])] + object.french))
    }
    guard letter != "P" else { return nil }
    let verbs = ["see/saw/seen|voir|P|0|state2", "want|vouloir|P|0|state", "buy/bought/bought|acheter|P|0|"]
    let verb = Verb(
      pick(letter == "N" || letter == "Z" ? Array(verbs.prefix(1)) : verbs).split(
        separator: "|", omittingEmptySubsequences: false
      ).map(String.init))
    var clause = clause(person(), verb, allowed(pick([.present, .past, .goingTo]), verb))
    clause.complements = [.phrase(object)]
    return Sentence(clause.statement)
  }
}
