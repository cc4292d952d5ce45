import Attend
import AttendBase
import AttendFormats
import AttendTestSupport
import Testing

@Suite struct TranslatorTests {
  private var folder: String { TestFixtures.path("golden/transformer-text") }

  @Test func textsAreTranslatedEachByItself() async throws {
    let translator = try await Translator.load(from: .directory(folder))
    let options = TranslationOptions(beams: 3, maxTokens: 8, alignment: true)
    let texts = ["I love deep learning.", "", "  \t ", "Zwölf Boxkämpfer 🥊 愛", "a\u{0}b", " I love deep learning. "]
    let together = try await translator.translate(texts, options)
    #expect(together.count == texts.count)
    for (text, translation) in zip(texts, together) {
      let alone = try await translator.translate(text, options)
      #expect(alone.text == translation.text)
      #expect(alone.score == translation.score)
      #expect(alone.alignment?.weights == translation.alignment?.weights)
    }
    #expect(together[0].text == together[5].text)
    for empty in [together[1], together[2]] {
      #expect(empty.text.isEmpty)
      #expect(empty.isComplete)
      #expect(empty.alignment == nil)
    }
    let alignment = try #require(together[0].alignment)
    #expect(alignment.source.joined() == "I love deep learning.")
    #expect(alignment.weights.count == alignment.target.count)
    #expect(alignment.words.source == ["I", "love", "deep", "learning", "."])
    #expect(alignment.words.weights.allSatisfy { $0.count == 5 && $0.reduce(0, +) <= 1.0001 })
  }

  @Test func longTextsAreNamed() async throws {
    let translator = try await Translator.load(from: .directory(folder))
    #expect(translator.longestSource == 47)
    let long = String(repeating: "x", count: 48)
    let error = await #expect(throws: AttendError.self) { try await translator.translate(["a", long], .greedy) }
    #expect(error?.code == .contextOverflow)
    #expect(error?.message == "text 2 has 48 tokens, and the model reads at most 47")
    _ = try await translator.translate(String(long.dropLast()), .greedy)
  }

  @Test func checkpointsInMemoryAreTheSame() async throws {
    let options = TranslationOptions(beams: 2, maxTokens: 8)
    let folder = folder
    let stored = try await Translator.load(from: .directory(folder)).translate("The cat", options)
    let translator = try await Translator.load {
      func copy(_ name: String) throws -> MappedFile {
        let file = try MappedFile(path: "\(folder)/\(name)")
        // Constant for as long as the program runs: never freed.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 16)
        file.withUnsafeBytes { bytes.copyMemory(from: $0) }
        return MappedFile(constant: UnsafeRawBufferPointer(bytes), name: name)
      }
      return try Checkpoint(
        name: "memory", weights: copy("model.safetensors"), configuration: copy("config.json"),
        tokenizer: copy("tokenizer.json"))
    }
    let embedded = try await translator.translate("The cat", options)
    #expect(embedded.text == stored.text)
    #expect(embedded.score == stored.score)
  }

  @Test func modelsOfTheOtherKindAreRefused() async throws {
    let first = await #expect(throws: AttendError.self) {
      try await Translator.load(from: .directory(TestFixtures.path("golden/gpt2")))
    }
    #expect(first?.hint?.contains("attend generate") == true)
    let folder = folder
    let second = await #expect(throws: AttendError.self) { try await LanguageModel.load(from: .directory(folder)) }
    #expect(second?.hint?.contains("attend translate") == true)
    let third = await #expect(throws: AttendError.self) {
      try await Translator.load(from: .directory(TestFixtures.path("golden/transformer")))
    }
    #expect(third?.message.contains("no tokenizer") == true)
  }
}

@Suite struct WordPiecesTests {
  private func words(_ pieces: String...) -> [String] { WordPieces(pieces.map { Array($0.utf8) }).words }

  @Test func piecesAreGatheredToWords() {
    #expect(words("I", " lo", "ve", " deep", " lear", "ning", ".") == ["I", "love", "deep", "learning", "."])
    #expect(words("J", "'", "ad", "ore") == ["J'", "adore"])
    #expect(words("l", "'app", "rentissage") == ["l'", "apprentissage"])
    #expect(words("J'", "ai", " qu'", "il") == ["J'", "ai", "qu'", "il"])
    #expect(words("don", "'t", " I", "'m") == ["don't", "I'm"])
    #expect(words("Oui", "...", "!", " ", "«", " non", " »") == ["Oui", "...", "!", "«", "non", "»"])
    #expect(words("porte", "-", "monnaie", " 3", ".", "5") == ["porte-monnaie", "3", ".", "5"])
  }

  @Test func piecesOfCharactersStayTogether() {
    let bytes = Array("é 愛".utf8)
    let whole = WordPieces([[bytes[0]], [bytes[1], bytes[2]], Array(bytes[3...])])
    #expect(whole.words == ["é", "愛"])
    #expect(whole.pieces == [[0], [2]] || whole.pieces == [[0, 1], [2]])
    // Not UTF-8: each piece for itself.
    #expect(WordPieces([[0xC3], [0x41]]).pieces == [[0], [1]])
    #expect(WordPieces([]).words.isEmpty)
  }

  @Test func weightsOfPiecesAddUp() {
    let alignment = Alignment(
      source: [Array("lo".utf8), Array("ve".utf8), Array(" it".utf8)], target: [Array("ai".utf8), Array("me".utf8)],
      weights: [[0.25, 0.5, 0.25], [0.25, 0, 0.5]])
    #expect(alignment.words.weights == [[0.5, 0.375]])
    #expect(alignment.words.source == ["love", "it"])
    #expect(alignment.words.target == ["aime"])
  }
}
