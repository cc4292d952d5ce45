/// What is said every day: opening hours, days, families, bodies, and who did what to a thing.
extension Composer {
  mutating func everyday() -> Sentence? {
    switch random.next() % 10 {
    case 0, 1: return schedule()
    case 2: return works()
    case 3: return kinship()
    case 4: return owned()
    case 5: return dayOf()
    case 6: return exclamation()
    case 7: return pain()
    case 8: return looks()
    default: return letMe()
    }
  }

  /// A phrase that singles one thing out: "my best friend", "the first train", "another glass".
  mutating func distinguished(_ noun: Noun, _ possessor: Pronoun) -> NounPhrase {
    if chance(0.5) {
      let isPerson = noun.classes.contains("P")
      let adjectives = lexicon.adjectives.filter {
        $0.hasDegrees && $0.position != .predicate && !$0.french.isInvariable
          && (!$0.classes.isDisjoint(with: noun.classes) || isPerson && $0.english == "good")
      }
      if !adjectives.isEmpty { return superlativePhrase(noun, pick(adjectives), chance(0.4) ? possessor : nil) }
    }
    if chance(0.2), let better = comparativePhrase(noun) { return better }
    if chance(0.2) {
      var another = nounPhrase(
        noun, .indefinite, .singular, adjectives: [(Adjective(["-other", "autre", "b", ""]), false)])
      guard !noun.isPluralInEnglish else { return another }
      another.english[0] = Word("another", another.english[0].ideas + another.english[1].ideas)
      another.english.remove(at: 1)
      return another
    }
    let (english, french, position, isOwned) = pick([
      ("first", "premier/première", "b", false), ("second", "deuxième", "b", false), ("third", "troisième", "b", false),
      ("last", "dernier/dernière", "b", false), ("next", "prochain", "b", false), ("other", "autre", "b", false),
      ("same", "même", "b", false), ("only", "seul", "b", false), ("favorite", "préféré", "a", true),
      ("own", "propre", "b", true), ("new", "nouveau/nouvelle/nouvel", "b", false),
    ])
    let adjective = Adjective(["-" + english, french, position, ""])
    let mayBeOwned = ["first", "second", "last", "next", "other", "only", "new"].contains(english)
    return nounPhrase(
      noun, isOwned || mayBeOwned && chance(0.4) ? .possessive(possessor) : .definite, .singular,
      adjectives: [(adjective, false)])
  }

  /// "The most beautiful city" → "la plus belle ville"; "my best friend" → "mon meilleur ami".
  package mutating func superlativePhrase(_ noun: Noun, _ adjective: Adjective, _ owner: Pronoun? = nil) -> NounPhrase {
    let nounIdea = newIdeas()
    let the = newIdea()
    let degree = newIdea()
    let idea = newIdea()
    let nounEnglish = noun.english[.singular]?.words(from: nounIdea) ?? []
    let nounFrench = noun.french[.singular]?.words(from: nounIdea) ?? []
    let superlative =
      adjective.superlative.map { [Word($0, [idea, degree])] } ?? [
        Word("most", [degree]), Word(adjective.english, [idea]),
      ]
    let isGood = adjective.english == "good"
    let base = isGood ? FrenchAdjective("meilleur") : adjective.french
    let isBefore = adjective.position == .before
    let number: GrammaticalNumber = noun.isPluralInFrench ? .plural : .singular
    let form = base.form(
      noun.gender, number, isBeforeVowel: isBefore && FrenchSound.beginsWithVowel(nounFrench[0].text))
    let article = number == .plural ? "les" : noun.gender == .feminine ? "la" : "le"
    let more = isGood ? [] : [Word("plus", [degree])]
    let quality = more + [Word(form, [isGood ? [idea, degree] : [idea]].flatMap { $0 })]
    let words = isBefore ? quality + nounFrench : nounFrench
    let determiner =
      owner.map {
        Word(
          $0.frenchPossessive(noun.gender, number, beforeVowel: FrenchSound.beginsWithVowel(words[0].text)), [the])
      } ?? Word(article, [the], isArticle: true)
    let tail = isBefore ? [] : [Word(article, [degree])] + quality
    var phrase = NounPhrase(
      english: [Word(owner?.english.possessive ?? "the", [the])] + superlative + nounEnglish,
      french: [determiner] + words + tail, agreement: Agreement(.third, number, noun.gender),
      englishNumber: noun.isPluralInEnglish ? .plural : .singular, noun: noun)
    phrase.isPerson = noun.classes.contains("P") || noun.classes.contains("K")
    phrase.isDefinite = true
    return phrase
  }

  /// "A faster car" → "une voiture plus rapide"; "a better idea" → "une meilleure idée".
  private mutating func comparativePhrase(_ noun: Noun) -> NounPhrase? {
    let adjectives = lexicon.adjectives.filter {
      $0.hasDegrees && $0.position != .predicate && !$0.french.isInvariable
        && !$0.classes.isDisjoint(with: noun.classes)
    }
    guard !adjectives.isEmpty, !noun.isPluralInEnglish, !noun.isPluralInFrench else { return nil }
    let adjective = pick(adjectives)
    let isGood = adjective.english == "good"
    let french =
      isGood
      ? "meilleur"
      : ["plus " + adjective.french.masculine, "plus " + adjective.french.feminine].joined(separator: "/")
    let english = adjective.comparative ?? "more " + adjective.english
    let more = Adjective(["-" + english, french, isGood ? "b" : "a", ""])
    return nounPhrase(noun, .indefinite, .singular, adjectives: [(more, false)])
  }

  // MARK: Hours and days

  /// "The shop opens at nine o'clock.", "When does the train leave?"
  private mutating func schedule() -> Sentence? {
    let (classes, verbs) = pick([
      ("j", ["open|ouvrir", "close|fermer"]),
      ("E", ["start|commencer", "begin/began/begun|commencer", "end|finir"]),
      ("u", ["leave/left/left|partir", "arrive|arriver", "leave/left/left|partir"]),
    ])
    let noun = pick(lexicon.nouns(in: Character(classes)))
    guard noun.kind == .counted || classes == "E" else { return nil }
    let subject = nounPhrase(noun, chance(0.8) ? .definite : .demonstrative(isNear: chance(0.5)), .singular)
    let columns = pick(verbs).split(separator: "|").map(String.init)
    let tense: Tense = weighted([(.present, 0.6), (.past, 0.2), (.future, 0.2)])
    var clause = clause(subject, Verb(columns + ["P", "0", ""]), tense)
    if chance(0.4) {
      let word = chance(0.6) ? phrase("when", "quand") : phrase("what~2 time~1", "à~2 quelle~2 heure~1")
      if let time = time(for: tense), chance(0.15) { clause.complements = [.phrase(time)] }
      return Sentence(word + question(clause), .question)
    }
    clause.polarity = polarity(tense, 0.1)
    let when = chance(0.75) ? hour() : time(for: tense)
    guard let when else { return nil }
    clause.complements = [.phrase(when)]
    return Sentence(clause.statement)
  }

  /// "The phone does not work." → "Le téléphone ne marche pas."
  private mutating func works() -> Sentence? {
    let subject = nounPhrase(in: pick(["e", "V", "e"]), isDefinite: true)
    let columns =
      subject.noun?.classes.contains("V") == true && chance(0.5)
      ? ["stop", "s'arrêter"] : chance(0.85) ? ["work", "marcher"] : ["break/broke/broken down", "tomber en panne"]
    let tense: Tense = weighted([(.present, 0.6), (.past, 0.25), (.future, 0.15)])
    var clause = clause(subject, Verb(columns + ["P", "0", ""]), tense)
    guard columns[0] == "work" || tense != .present else { return nil }
    clause.polarity =
      columns[0] == "work" ? weighted([(.not, 0.5), (.notAnymore, 0.15), (.affirmative, 0.35)]) : .affirmative
    if clause.polarity == .notAnymore { clause.tense = .present }
    if clause.polarity == .affirmative, columns[0] == "work" {
      clause.earlyFrench = chance(0.6) ? phrase("well", "bien") : phrase("very well", "très bien")
    }
    return chance(0.1) ? Sentence(phrase("why", "pourquoi") + question(clause), .question) : Sentence(clause.statement)
  }

  /// "It was a long day." → "C'était une longue journée."; "We had a wonderful evening."
  private mutating func dayOf() -> Sentence? {
    let noun = pick(lexicon.nouns(in: "v"))
    let adjective = pick(lexicon.adjectives.filter { $0.classes.contains("v") })
    let isVery = adjective.hasDegrees && chance(0.2)
    let day = nounPhrase(noun, .indefinite, .singular, adjectives: [(adjective, isVery)])
    if chance(0.4) {
      var clause = clause(
        chance(0.6) ? pronounPhrase(personPronoun()) : person(), Verb(english: "have/had/had", french: "passer"),
        pick([.past, .past, .future]))
      clause.complements = [.direct(day)]
      return Sentence(clause.statement)
    }
    return Sentence(itIs(day, isPast: chance(0.6)))
  }

  /// "It is …" with a noun → "c'est …".
  private mutating func itIs(_ object: NounPhrase, isPast: Bool, subject: String = "it") -> Phrase {
    let it = newIdea()
    let verb = newIdea()
    let isPlural = object.agreement.number == .plural
    let french = isPast ? (isPlural ? "étaient" : "était") : isPlural ? "sont" : "est"
    return Phrase(
      english: [Word(subject, [it]), Word(isPast ? "was" : "is", [verb])] + object.english,
      french: [Word("ce", [it]), Word(french, [verb])] + object.french)
  }

  /// "What a beautiful city!" → "Quelle belle ville !"
  private mutating func exclamation() -> Sentence? {
    let noun = pick(lexicon.nouns(in: pick(Array("PAZNRLWEQv"))))
    let adjectives = lexicon.adjectives.filter {
      $0.position != .predicate && $0.hasDegrees && !$0.classes.isDisjoint(with: noun.classes)
    }
    guard noun.kind == .counted, !noun.isPluralInEnglish, !noun.isPluralInFrench, noun.classes != ["K"],
      !["sun", "moon", "sky"].contains(noun.name), !adjectives.isEmpty
    else { return nil }
    var what = nounPhrase(noun, .indefinite, .singular, adjectives: [(pick(adjectives), false)])
    let idea = newIdea()
    what.english.insert(Word("what", [idea]), at: 0)
    what.french[0].text = noun.gender == .feminine ? "quelle" : "quel"
    what.french[0].ideas.append(idea)
    return Sentence(Phrase(english: what.english, french: what.french), .exclamation)
  }

  // MARK: Persons

  /// "You are my best friend.", "She is a good doctor." → "C'est un bon médecin."
  private mutating func kinship() -> Sentence? {
    let subject = chance(0.75) ? pronounPhrase(pick([.i, .you, .he, .she])) : name()
    let isFeminine = subject.agreement.gender == .feminine
    var noun = pick(lexicon.nouns(in: chance(0.6) ? "K" : "J"))
    if isFeminine, noun.gender == .masculine {
      guard let feminine = noun.frenchFeminine else { return nil }
      noun = noun.feminine(feminine)
    }
    let isOpen = subject.pronoun == .i || subject.pronoun == .you
    guard isFeminine || isOpen || noun.gender == .masculine else { return nil }
    let owner = pick([Pronoun.i, .you, .he, .she, .we, .they])
    guard subject.pronoun != owner else { return nil }
    let object: NounPhrase
    if chance(0.4) {
      let adjectives = lexicon.adjectives.filter {
        $0.hasDegrees && $0.position != .predicate && !$0.french.isInvariable
          && (!$0.classes.isDisjoint(with: noun.classes) || $0.english == "good")
      }
      object = superlativePhrase(
        noun, chance(0.4) ? Adjective(["good/better/best", "bon/bonne", "b", ""]) : pick(adjectives),
        chance(0.6) ? owner : nil)
    } else if noun.classes.contains("J"), chance(0.5) {
      let adjectives = lexicon.adjectives.filter {
        $0.position != .predicate && $0.hasDegrees && !$0.classes.isDisjoint(with: noun.classes)
      }
      object = nounPhrase(noun, .indefinite, .singular, adjectives: [(pick(adjectives), chance(0.3))])
    } else {
      object = nounPhrase(noun, .possessive(owner), .singular, adjectives: adjectives(for: noun))
    }
    let isPast = chance(0.25)
    if subject.pronoun == .he || subject.pronoun == .she {
      let said = itIs(object, isPast: isPast, subject: subject.pronoun == .he ? "he" : "she")
      return Sentence(said)
    }
    var clause = clause(subject, Composer.be, isPast ? .past : .present)
    clause.polarity = polarity(clause.tense, 0.1)
    clause.complements = [.phrase(Phrase(english: object.english, french: object.french))]
    return Sentence(clause.statement)
  }

  /// "This book is mine." → "Ce livre est à moi."
  private mutating func owned() -> Sentence? {
    let thing = nounPhrase(in: "OVWRFZT", isDefinite: true)
    let (english, french) = pick([
      ("mine", "moi"), ("mine", "moi"), ("yours", "vous"), ("his", "lui"), ("hers", "elle"), ("ours", "nous"),
      ("theirs", "eux"),
    ])
    var clause = clause(thing, Composer.be, chance(0.85) ? .present : .past)
    clause.polarity = polarity(clause.tense)
    clause.complements = [.phrase(phrase(english, "à " + french))]
    return chance(0.15) ? Sentence(question(clause.affirmed), .question) : Sentence(clause.statement)
  }

  /// "She has blue eyes." → "Elle a les yeux bleus."
  private mutating func looks() -> Sentence? {
    let (english, french, gender) = pick([
      ("eyes", "yeux", Gender.masculine), ("hair", "cheveux", .masculine), ("hair", "cheveux", .masculine),
      ("hands", "mains", .feminine),
    ])
    let qualities: [(String, String)] =
      switch english {
      case "eyes":
        [("blue", "bleu"), ("green", "vert"), ("black", "noir"), ("brown", "marron/marron"), ("gray", "gris")]
      case "hair":
        [
          ("long", "long/longue"), ("short", "court"), ("blond", "blond"), ("black", "noir"), ("brown", "brun"),
          ("red", "roux/rousse"), ("gray", "gris"), ("white", "blanc/blanche"), ("curly", "bouclé"),
        ]
      default: [("cold", "froid"), ("clean", "propre"), ("dirty", "sale")]
      }
    let quality = pick(qualities)
    let subject = person()
    var clause = clause(
      subject, Verb(english: "have/had/had", french: "avoir", flags: ["state"]), chance(0.8) ? .present : .past)
    clause.polarity = polarity(clause.tense, 0.1)
    let form = FrenchAdjective(quality.1).form(gender, .plural)
    clause.complements = [.phrase(phrase("\(quality.0)~2 \(english)~1", "les~1 \(french)~1 \(form)~2"))]
    return chance(0.1) ? Sentence(question(clause.affirmed), .question) : Sentence(clause.statement)
  }

  /// "I have a headache." → "J'ai mal à la tête."; "My leg hurts." → "Ma jambe me fait mal."
  private mutating func pain() -> Sentence? {
    let tense: Tense = chance(0.75) ? .present : .past
    if chance(0.5) {
      let row = pick([
        ("a~2 headache~1", "mal~2 à~2 la~1 tête~1"), ("a~2 toothache~1", "mal~2 aux~2 dents~1"),
        ("a~2 stomachache~1", "mal~2 au~2 ventre~1"), ("a~2 fever~1", "de~2 la~2 fièvre~1"),
        ("a~2 cold~1", "un~2 rhume~1"), ("a~2 sore~2 throat~1", "mal~2 à~2 la~1 gorge~1"),
        ("a~2 cough~1", "de~2 la~2 toux~1"),
      ])
      var clause = clause(person(), Verb(english: "have/had/had", french: "avoir", flags: ["state"]), tense)
      clause.complements = [.phrase(phrase(row.0, row.1))]
      if chance(0.15) { return Sentence(question(clause), .question) }
      return Sentence(clause.statement)
    }
    let owner = pick([Pronoun.i, .he, .she, .you])
    let part = nounPhrase(
      pick(lexicon.nouns(in: "X").filter { !["hair", "beard", "nose", "face"].contains($0.name) }), .possessive(owner),
      .singular)
    var clause = clause(part, Verb(english: "hurt/hurt/hurt", french: "faire mal", flags: ["state"]), tense)
    clause.frenchClitics = [Word(owner.french.indirect, part.french[0].ideas)]
    clause.polarity = polarity(tense, 0.1)
    return Sentence(clause.statement)
  }

  /// "Let me help you." → "Laissez-moi vous aider."
  private mutating func letMe() -> Sentence? {
    let (english, french, pronoun) = pick([
      ("me", "moi", Pronoun.i), ("him", "le", .he), ("her", "la", .she), ("us", "nous", .we),
    ])
    let clause = action(pronounPhrase(pronoun), .present, isBare: true)
    guard !clause.verb.isStative, !clause.verb.french.isReflexive, clause.verb.english.base != "see" else { return nil }
    let what = clause.infinitive(pronoun.agreement)
    let (allow, who) = (newIdea(), newIdea())
    let start = Phrase(
      english: [Word("let", [allow]), Word(english, [who])],
      french: [Word("laissez", [allow]), Word("-" + french, [who])])
    return Sentence(start + what)
  }

  // MARK: Passive

  /// "The letter was written by my brother." → "La lettre a été écrite par mon frère."
  mutating func passive() -> Sentence? {
    let verb = pick(
      lexicon.verbs.filter {
        $0.subjects.contains("P") && $0.hasProgressive && $0.frenchParticle.isEmpty && !$0.french.isReflexive
          && $0.englishParticle.isEmpty && !$0.flags.contains("fixed") && !$0.flags.contains("generic")
          && $0.frames.contains { $0.count == 1 && $0[0].french == nil && !$0[0].classes.hasPrefix("@") }
      })
    guard
      let frame = verb.frames.first(where: { $0.count == 1 && $0[0].french == nil && !$0[0].classes.hasPrefix("@") })
    else { return nil }
    let subject = nounPhrase(in: frame[0].classes, isDefinite: true)
    // "Was broken" describes.
    guard subject.noun != nil, !lexicon.adjectives.contains(where: { $0.english == verb.english.participle }) else {
      return nil
    }
    let tense: Tense = weighted([(.past, 0.6), (.future, 0.15), (.present, 0.1), (.presentPerfect, 0.15)])
    var clause = clause(subject, Verb(["be/was/been", "être", "P", "0", ""]), tense)
    clause.polarity = polarity(tense, 0.12)
    let idea = newIdea()
    clause.complements = [
      .phrase(
        Phrase(
          english: [Word(verb.english.participle, [idea])],
          french: [Word(verb.french.participle(agreeingWith: subject.agreement), [idea])]))
    ]
    if chance(0.65) {
      let by = phrase("by", "par")
      let agent =
        chance(0.25)
        ? name() : nounPhrase(of: pick(lexicon.nouns(in: chance(0.3) ? "K" : "P")), as: "P", isDefinite: true)
      clause.complements.append(.phrase(by + Phrase(english: agent.english, french: agent.french)))
    } else if chance(0.4), let time = time(for: tense) {
      clause.complements.append(.phrase(time))
    }
    return Sentence(clause.statement)
  }
}

extension Clause {
  /// The same without a negation.
  fileprivate var affirmed: Clause {
    var clause = self
    clause.polarity = .affirmative
    return clause
  }
}

extension Noun {
  /// What a woman is called, as a noun of its own.
  fileprivate func feminine(_ french: String) -> Noun {
    Noun([name, french, "f", String(classes), "", french])
  }
}
