/// Expressions that don't translate word by word.
extension Composer {
  mutating func idiom() -> Sentence? {
    switch random.next() % 15 {
    case 0, 1: return missing()
    case 2: return takesTime()
    case 3: return itIs()
    case 4: return sinceWhen()
    case 5: return clock()
    case 6: return born()
    case 7: return containers()
    case 8: return noTime()
    case 9: return letUs()
    case 10: return wants()
    case 11: return firstTime()
    case 12: return deposit()
    case 13: return allOneNeeds()
    default: return river()
    }
  }

  /// "I miss my mother." → "Ma mère me manque."
  private mutating func missing() -> Sentence? {
    let subject = pronounPhrase(personPronoun())
    guard let pronoun = subject.pronoun else { return nil }
    let tense: Tense = weighted([(.present, 0.6), (.past, 0.25), (.future, 0.15)])
    var missed =
      chance(0.2)
      ? pronounPhrase(personPronoun())
      : chance(0.25)
        ? name()
        : nounPhrase(of: pick(lexicon.nouns(in: pick(Array("KKUZ")))), as: "K", owner: pronoun, isDefinite: true)
    if let other = missed.pronoun {
      guard other != pronoun, other.agreement.person != pronoun.agreement.person else { return nil }
      missed.english[0].text = other.english.object
    }
    let verb = Verb(english: "miss", french: "manquer", flags: ["state"])
    var clause = clause(subject, verb, tense)
    clause.polarity = polarity(tense, 0.1)
    clause.frenchSubject = missed
    clause.complements = [.englishOnly(missed.english)]
    clause.frenchClitics = [Word(pronoun.french.indirect, subject.french[0].ideas)]
    return Sentence(clause.statement)
  }

  /// "It takes two hours to clean the house." → "Il faut deux heures pour nettoyer la maison."
  private mutating func takesTime() -> Sentence? {
    guard let what = infinitivePhrase() else { return nil }
    let tense: Tense = weighted([(.present, 0.6), (.past, 0.2), (.future, 0.2)])
    var clause = clause(pronounPhrase(.it(.masculine)), Verb(english: "take/took/taken", french: "falloir"), tense)
    let number = pick(lexicon.numbers)
    let unit = pick([
      ("minutes", "minutes"), ("hours", "heures"), ("days", "jours"), ("years", "ans"), ("weeks", "semaines"),
    ])
    let time =
      chance(0.2)
      ? phrase("a~1 lot~1 of~1 time~2", "beaucoup~1 de~1 temps~2")
      : phrase("\(number[0])~1 \(unit.0)~2", "\(number[1])~1 \(unit.1)~2")
    clause.complements = [.phrase(time), .phrase(phrase("to", "pour")), .phrase(what)]
    return Sentence(clause.statement)
  }

  /// "It is important to learn French." → "Il est important d'apprendre le français."
  private mutating func itIs() -> Sentence? {
    guard let what = infinitivePhrase() else { return nil }
    let adjective = pick(
      lexicon.adjectives.filter {
        ["important", "useful", "easy", "difficult", "dangerous", "interesting", "boring", "strange"].contains(
          $0.english)
      })
    let tense: Tense = weighted([(.present, 0.7), (.past, 0.15), (.future, 0.15)])
    var clause = clause(pronounPhrase(.it(.masculine)), Composer.be, tense)
    clause.polarity = polarity(tense)
    clause.complements = [.phrase(adjectivePhrase(adjective, Agreement())), .phrase(phrase("to", "de")), .phrase(what)]
    return Sentence(clause.statement)
  }

  /// "I have lived here for three years." → "J'habite ici depuis trois ans."
  private mutating func sinceWhen() -> Sentence? {
    let row = pick([
      ("live", "habiter", "@city"), ("live", "habiter", "@in"), ("work", "travailler", "@in"),
      ("work", "travailler", "@city"),
      ("learn/learned/learned French", "apprendre le français", ""), ("wait", "attendre", ""),
      ("sleep/slept/slept", "dormir", ""),
      ("study mathematics", "étudier les mathématiques", ""), ("play/played/played the piano", "jouer du piano", ""),
    ])
    let subject = person()
    let verb = Verb(english: row.0, french: row.1)
    let idea = newIdea()
    let isProgressive = row.0 != "live" || chance(0.3)
    let have = EnglishVerb("have/had/had").present(
      subject.englishPerson, subject.pronoun == .i ? .singular : subject.englishNumber)
    let words = isProgressive ? [have, "been", verb.english.gerund] : [have, verb.english.participle]
    var result = Phrase(
      english: subject.english + (words + verb.englishParticle).map { Word($0, [idea]) },
      french: subject.french + ([verb.french.present(subject.agreement)] + verb.frenchParticle).map { Word($0, [idea]) }
    )
    if !row.2.isEmpty { result = result + place(row.2) }
    let number = pick(lexicon.numbers)
    let unit = pick([
      ("hours", "heures"), ("days", "jours"), ("months", "mois"), ("years", "ans"), ("weeks", "semaines"),
    ])
    return Sentence(result + phrase("for~3 \(number[0])~1 \(unit.0)~2", "depuis~3 \(number[1])~1 \(unit.1)~2"))
  }

  /// "It is three o'clock."
  private mutating func clock() -> Sentence? {
    let number = pick(lexicon.numbers.prefix(9).map { $0 })
    let minutes = pick([
      ("", ""), (" in~4 the~4 morning~5", " du~4 matin~5"), (" in~4 the~4 afternoon~5", " de~4 l'~4 après-midi~5"),
    ])
    var clause = clause(pronounPhrase(.it(.masculine)), Composer.be, chance(0.8) ? .present : .past)
    clause.complements = [
      .phrase(phrase("\(number[0])~1 o'clock~2\(minutes.0)", "\(number[1])~1 heures~2\(minutes.1)"))
    ]
    return Sentence(clause.statement)
  }

  /// "She was born in Paris." → "Elle est née à Paris."
  private mutating func born() -> Sentence? {
    let subject = person()
    let clause = clause(subject, Verb(english: "be/was/been born", french: "naître"), .past)
    let year = String(1900 + Int(random.next() % 125))
    let circumstance = chance(0.35) ? phrase("in~2 \(year)~1", "en~2 \(year)~1") : place("@city")
    let stated = clause.statement
    return Sentence(stated + circumstance)
  }

  /// "A glass of water" → "un verre d'eau".
  private mutating func containers() -> Sentence? {
    let (english, french, isFeminine, drink) = pick([
      ("glass", "verre", false, "D"), ("cup", "tasse", true, "D"), ("bottle", "bouteille", true, "D"),
      ("piece", "morceau", false, "M"), ("slice", "tranche", true, "M"),
      ("kilo", "kilo", false, "M"), ("liter", "litre", false, "D"), ("plate", "assiette", true, "M"),
      ("bowl", "bol", false, "M"),
    ])
    let content = nounPhrase(pick(lexicon.nouns(in: Character(drink))), .bare, .singular)
    guard !["piece", "slice"].contains(english) || content.agreement.number == .singular else { return nil }
    let idea = newIdea()
    let one = newIdea()
    let of = newIdea()
    var words = Phrase(english: [], french: [])
    if chance(0.6) {
      words = Phrase(
        english: [Word("a", [one]), Word(english, [idea])],
        french: [Word(isFeminine ? "une" : "un", [one]), Word(french, [idea])])
    } else {
      let number = pick(lexicon.numbers)
      words = Phrase(
        english: [Word(number[0], [one]), Word(EnglishSpelling.addS(english), [idea])],
        french: [Word(number[1], [one]), Word(Noun.plural(french), [idea])])
    }
    let object =
      words
      + Phrase(
        english: [Word("of", [of])] + content.english,
        french: [Word("de", [of])] + (content.frenchAfterDe ?? content.french))
    if chance(0.25) {
      return Sentence(Phrase(english: [], french: []) + phrase("I~1 would~2 like~2", "je~1 voudrais~2") + object)
    }
    let verbs =
      [
        "want|vouloir|P|0|state", "buy/bought/bought|acheter|P|0|", "have/had/had|avoir|P|0|state",
        "order|commander|P|0|",
      ]
      + (drink == "D" ? ["drink/drank/drunk|boire|P|0|"] : ["eat/ate/eaten|manger|P|0|"])
    let verb = Verb(pick(verbs).split(separator: "|", omittingEmptySubsequences: false).map(String.init))
    var clause = clause(person(), verb, allowed(tense(), verb))
    clause.complements = [.phrase(object)]
    return Sentence(clause.statement)
  }

  /// "I don't have time to read." → "Je n'ai pas le temps de lire."
  private mutating func noTime() -> Sentence? {
    let subject = person()
    let have = Verb(["have/had/had", "avoir", "P", "0", "state"])
    var clause = clause(subject, have, weighted([(.present, 0.6), (.past, 0.25), (.future, 0.15)]))
    clause.polarity = chance(0.6) ? .not : .affirmative
    if chance(0.75) {
      let what = infinitivePhrase(subject.agreement)
      guard let what else { return nil }
      clause.complements = [.phrase(phrase("time", "le temps")), .phrase(phrase("to", "de")), .phrase(what)]
    } else {
      clause.complements = [.phrase(phrase("time", "le temps"))]
      guard clause.polarity == .not else { return nil }
    }
    return Sentence(clause.statement)
  }

  /// "Let's go to the beach." → "Allons à la plage."
  private mutating func letUs() -> Sentence? {
    let we = pronounPhrase(.we)
    var clause = action(we, .present, isBare: true)
    guard !clause.verb.isStative, !clause.verb.french.isReflexive, clause.verb.english.base != "see",
      !clause.complements.contains(where: { if case .pronoun = $0 { true } else { false } })
    else { return nil }
    if chance(0.2), clause.complements.count < 2 { clause.complements.append(.phrase(phrase("tomorrow", "demain"))) }
    let infinitive = clause.infinitive(we.agreement)
    let idea = newIdea()
    let french = Array(clause.french().dropFirst(we.french.count))
    return Sentence(Phrase(english: [Word("let's", [idea, clause.verbIdea])] + infinitive.english, french: french))
  }

  /// "I want an apple.", "She wants some water."
  private mutating func wants() -> Sentence? {
    let subject = person()
    let isPolite = chance(0.5)
    let verb = Verb(["want", "vouloir", "P", "0", "state"])
    var clause = clause(subject, verb, isPolite ? .conditional : pick([.present, .past]))
    let object = nounPhrase(in: "FMDOVWR", isNegative: false)
    clause.complements = [.direct(object)]
    if isPolite {
      var english = subject.english
      english += [Word("would", [clause.verbIdea]), Word("like", [clause.verbIdea])] + object.english
      return Sentence(Phrase(english: english, french: clause.french()))
    }
    clause.polarity = polarity(clause.tense, 0.2)
    if clause.polarity == .not { clause.complements = [.direct(nounPhrase(in: "FMDOVWR", isNegative: true))] }
    return Sentence(clause.statement)
  }

  /// "It is the first time that I see the sea." and "I have seen this movie three times."
  private mutating func firstTime() -> Sentence? {
    let number = pick(lexicon.numbers)
    let verb = Verb(
      pick(["see/saw/seen|voir", "watch|regarder", "read/read/read|lire"]).split(separator: "|").map(String.init) + [
        "P", "0", "state2",
      ])
    let object = nounPhrase(in: verb.french.infinitive == "lire" ? "R" : "3", isDefinite: true)
    var clause = clause(person(), verb, chance(0.6) ? .presentPerfect : .past)
    clause.complements = [
      .direct(object),
      .phrase(chance(0.3) ? phrase("twice~1", "deux fois") : phrase("\(number[0])~1 times~2", "\(number[1])~1 fois~2")),
    ]
    return Sentence(clause.statement)
  }

  /// "Mathematics is all you need." → "Les mathématiques sont tout ce dont vous avez besoin."
  private mutating func allOneNeeds() -> Sentence? {
    let subject = chance(0.2) ? name() : nounPhrase(in: "SSsQMD", isDefinite: chance(0.5))
    let needy = pronounPhrase(personPronoun())
    guard subject.noun?.kind != .counted || subject.isDefinite, let pronoun = needy.pronoun else { return nil }
    let need = Verb(english: "need", french: "avoir")
    let tense: Tense = weighted([(.present, 0.85), (.past, 0.15)])
    var clause = clause(subject, Composer.be, tense)
    let isPresent = tense == .present
    let (all, needing) = (newIdea(), newIdea())
    let english = [
      Word("all", [all]), needy.english[0],
      Word(
        isPresent
          ? need.english.present(needy.englishPerson, pronoun == .i ? .singular : needy.englishNumber) : "needed",
        [needing]),
    ]
    let have = isPresent ? need.french.present(needy.agreement) : need.french.imperfect(needy.agreement)
    let french =
      ["tout", "ce", "dont"].map { Word($0, [all]) } + needy.french
      + [Word(have, [needing]), Word("besoin", [needing])]
    clause.complements = [.phrase(Phrase(english: english, french: french))]
    return Sentence(clause.statement)
  }

  /// Money goes to the other kind of bank.
  private mutating func deposit() -> Sentence? {
    let verb = Verb(
      pick([
        "deposit|déposer", "put/put/put|mettre", "save|économiser", "have/had/had|avoir", "leave/left/left|laisser",
        "keep/kept/kept|garder",
      ]).split(separator: "|").map(String.init) + ["P", "0", "state2"])
    let money = pick(lexicon.nouns(in: "Y"))
    let subject = person()
    let owner = subject.pronoun ?? .i
    let determiner: Determiner = weighted([
      (.bare, 0.45), (.possessive(owner), 0.35), (.some, 0.1), (.definite, 0.1), (.lots, 0.15),
    ])
    var clause = clause(
      subject, verb,
      verb.english.base == "have"
        ? .present : allowed(pick([.past, .past, .present, .future, .goingTo, .presentPerfect]), verb))
    let object = nounPhrase(money, determiner, .singular)
    clause.complements = [
      .direct(object), .phrase(chance(0.7) ? place("@bank") : phrase("in~2 this~3 bank~1", "dans~2 cette~3 banque~1")),
    ]
    if chance(0.2), let time = time(for: clause.tense) { clause.complements.append(.phrase(time)) }
    return Sentence(clause.statement)
  }

  /// The bank of a river is not a bank.
  private mutating func river() -> Sentence? {
    let row = pick(lexicon.rivers.prefix(4).map { $0 })
    let text = pick([
      "walk|marcher", "sit/sat/sat|s'asseoir", "sleep/slept/slept|dormir", "rest|se reposer", "play|jouer",
      "wait|attendre", "run/ran/run|courir", "be/was/been|être", "stay|rester", "lie/lay/lain|s'allonger",
      "eat/ate/eaten|manger", "read/read/read|lire",
    ])
    let flags = text.hasPrefix("be/") ? "state" : ""
    let verb = Verb(text.split(separator: "|").map(String.init) + ["P", "0", flags])
    let subject = chance(0.2) ? nounPhrase(in: "A", isDefinite: true) : person()
    var clause = clause(subject, verb, allowed(tense(), verb))
    clause.polarity = polarity(clause.tense, 0.08)
    clause.complements = [.phrase(phrase(row[0], row[2 - 1]))]
    return Sentence(clause.statement)
  }
}
