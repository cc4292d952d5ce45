import BilingualGrammar
import Testing

@Suite struct CorpusTests {
  static let corpus = Corpus.generate(seed: 3, count: 40_000, heldOutCount: 300)

  @Test func sameSeedSameCorpus() {
    let first = Corpus.generate(seed: 9, count: 500, heldOutCount: 20)
    let second = Corpus.generate(seed: 9, count: 500, heldOutCount: 20)
    let other = Corpus.generate(seed: 10, count: 500, heldOutCount: 20)
    #expect(first.training.map(\.english) == second.training.map(\.english))
    #expect(first.training.map(\.french) == second.training.map(\.french))
    #expect(first.heldOut.map(\.french) == second.heldOut.map(\.french))
    #expect(first.training.map(\.english) != other.training.map(\.english))
  }

  /// Without case and punctuation, too.
  @Test func heldOutSentencesAreNew() {
    let bare = { (text: String) in text.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " } }
    let known = Set(Self.corpus.training.map { bare($0.english) })
    #expect(Self.corpus.heldOut.count == 300)
    #expect(Self.corpus.heldOut.allSatisfy { !known.contains(bare($0.english)) })
  }

  @Test func shownSentencesAreInNeither() {
    let hidden = Set(Corpus.shown.map { $0.lowercased() })
    let keys = (Self.corpus.training + Self.corpus.heldOut).map(\.key)
    #expect(keys.allSatisfy { !hidden.contains($0) })
  }

  @Test func oneRenderingForEachSentence() {
    var renderings: [String: String] = [:]
    for stream in 0..<60_000 {
      var composer = Composer(seed: 4, stream: UInt64(stream))
      let pair = composer.spell(composer.sentence(), composer.style())
      let french = pair.french.lowercased().filter { $0.isLetter || $0.isNumber }
      #expect(renderings[pair.key, default: french] == french, "\(pair.english)")
      renderings[pair.key] = french
    }
    #expect(renderings.count < 59_000, "no sentence came twice: nothing was compared")
  }

  @Test func endingsMatch() {
    for pair in Self.corpus.training {
      for mark in [".", "?", "!"] {
        #expect(pair.english.hasSuffix(mark) == pair.french.hasSuffix(mark), "\(pair.english)")
      }
    }
  }

  /// What elision must have removed. ("À le" may stand before an infinitive: "à le voir".)
  @Test func noForbiddenNeighbours() {
    let forbidden = [
      " je a", " je e", " ne a", " ne e", " le a", " le e", " la é",
      " que il", " que elle", " si il", " de a", " de e", "  ", " de des ", " de du ", " ce homme", " ma amie",
    ]
    for pair in Self.corpus.training {
      let french = " " + pair.french.lowercased()
      for text in forbidden { #expect(!french.contains(text), "\(pair.french)") }
    }
  }

  @Test func everyLemmaOccurs() {
    let english = Set(Self.corpus.training.flatMap { $0.englishWords.map { $0.lowercased() } })
    let missing = Lexicon.shared.nouns.filter { noun in
      let words = noun.name.split(separator: " ").map { $0.split(separator: "~")[0].lowercased() }
      return !words.allSatisfy { word in english.contains(word) || english.contains { $0.hasPrefix(word) } }
    }
    #expect(missing.map(\.name) == [])
    #expect(Lexicon.shared.nouns.count + Lexicon.shared.verbs.count + Lexicon.shared.adjectives.count >= 350)
  }

  @Test func alignmentsStayInside() {
    for pair in Self.corpus.heldOut {
      #expect(!pair.alignment.isEmpty)
      for link in pair.alignment {
        #expect(pair.englishWords.indices.contains(link.english) && pair.frenchWords.indices.contains(link.french))
      }
    }
  }
}
