import AttendBase
import AttendTestSupport
import AttendText
import Testing

/// SentencePiece byte-pair encoding.
@Suite struct SentencePieceTests {
  /// llama.cpp's own vectors: texts and the ids that the reference implementation gives them.
  @Test(.enabled(if: TestModels.vocabularies != nil), arguments: ["llama-spm", "phi-3", "gemma-4"])
  func llamaCppVocabulariesMatch(_ name: String) throws {
    let path = "\(try #require(TestModels.vocabularies))/ggml-vocab-\(name).gguf"
    let tokenizer = try ggufMetadata(path).tokenizer()
    let texts = try split(readFile(path + ".inp"), by: Array("\n__ggml_vocab_test__\n".utf8))
    let lines = try split(readFile(path + ".out"), by: [0x0A])
    #expect(texts.count > 40)
    for (text, line) in zip(texts, lines) {
      let expected = line.split(separator: 0x20).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
      let ids = try tokenizer.encode(bytes: text)
      #expect(ids == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
      #expect(Array(tokenizer.decode(ids).utf8) == text)
    }
  }

  /// Pieces with scores, the bytes, `<s>` and a user-defined token.
  private func tiny(_ change: (inout SentencePieceBPE.Description) -> Void = { _ in }) throws -> SentencePieceBPE {
    let pieces = ["<unk>", "<s>", "▁", "a", "b", "ab", "▁a", "▁ab", "ba", "abab", "a▁", "[x]"]
    var vocabulary = ByteStrings(pieces)
    for byte in UInt8(0)...255 {
      vocabulary.append("<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>".utf8)
    }
    let scores: [Float] = [0, 0, -20, -20, -20, -3, -4, -2, -3, -1, -30, 0]
    var description = SentencePieceBPE.Description(
      vocabulary: vocabulary, merges: .scores(scores + [Float](repeating: 0, count: 256)), source: "tiny")
    description.addedTokens = [
      AddedToken(id: 1, content: "<s>", isSpecial: true), AddedToken(id: 11, content: "[x]", isSpecial: false),
    ]
    description.isHidden[0] = true
    description.unknown = 0
    description.prefix = [1]
    change(&description)
    return try SentencePieceBPE(description)
  }

  @Test func joinsTheBestPairAndTheLeftmostOfEqualOnes() throws {
    let tokenizer = try tiny { $0.space = .never }
    #expect(try tokenizer.encode("ab") == [5])
    // ab and ba score the same: the left pair is joined, and then ab ab.
    #expect(try tokenizer.encode("abab") == [9])
    #expect(try tokenizer.encode("bab") == [8, 4])
    #expect(try tokenizer.encode("aab") == [3, 5])
    // ▁a scores less than ab, and ▁ab is made of ▁ and ab.
    #expect(try tokenizer.encode(" ab") == [7])
    #expect(try tokenizer.encode("b a") == [4, 6])
    // A piece that reaches across a space keeps the text whole there.
    #expect(try tokenizer.encode("a ") == [10])
    #expect(try tokenizer.encode("") == [])
  }

  @Test func spellsTheRestInBytes() throws {
    let tokenizer = try tiny()
    #expect(try tokenizer.encode("é") == [2, 12 + 0xC3, 12 + 0xA9])
    #expect(try tokenizer.encode(bytes: [0xFF]) == [2, 12 + 0xFF])
    #expect(try tokenizer.decode(tokenizer.encode("aé 🙂")) == "aé 🙂")
    // Text that spells a byte or a control token is text.
    #expect(try !tokenizer.encode("<0x41>").contains(12 + 0x41))
    #expect(try !tokenizer.encode("<s>").contains(1))
    #expect(try tokenizer.encode("<s>ab", allowSpecial: true) == [1, 7])
    #expect(try tokenizer.encode("ab[x]ab", addSpecialTokens: true) == [1, 7, 11, 7])
  }

  @Test func putsASpaceWhereAsked() throws {
    let first = try tiny { $0.space = .first }
    #expect(try first.encode("ab[x]ab") == [7, 11, 5])
    #expect(first.decode([7, 11, 5]) == "ab[x]ab")
    let single = try tiny { $0.doublesSpace = false }
    #expect(try single.encode(" ab") == [7])
    #expect(try tiny().encode(" ab") == [2, 7])
  }

  @Test func unknownCharactersWithoutBytesAreOneToken() throws {
    let tokenizer = try SentencePieceBPE(
      SentencePieceBPE.Description(vocabulary: ByteStrings(["<unk>", "a"]), merges: .scores([0, 0]), source: "tiny")
        .with { $0.unknown = 0 })
    #expect(try tokenizer.encode("aéüa").suffix(3) == [1, 0, 1])
  }

  @Test func ranksOrderMergesOfAList() throws {
    var description = SentencePieceBPE.Description(
      vocabulary: ByteStrings(["a", "b", "ab", "ba"]), merges: .list(ByteStrings(["b a", "a b"])), source: "tiny")
    description.space = .never
    #expect(try SentencePieceBPE(description).encode("aba") == [0, 3])
  }

  /// A long word is merged in n · log n; its ids are those of the definition, which looks at every pair.
  @Test func longWordsAreMergedAsDefined() throws {
    let tokenizer = try tiny { $0.space = .never }
    var random = SeededRandom(seed: 3)
    for length in [1, 2, 3, 50, 400] {
      let text = (0..<length).map { _ in random.next() % 2 == 0 ? "a" : "b" }.joined()
      var pieces = text.map { String($0) }
      let scores = ["ab": -3, "ba": -3, "abab": -1]
      while true {
        let joined = (0..<pieces.count - 1).map { scores[pieces[$0] + pieces[$0 + 1]] ?? -100 }
        guard let best = joined.max(), best > -100, let place = joined.firstIndex(of: best) else { break }
        pieces[place...place + 1] = [pieces[place] + pieces[place + 1]]
      }
      #expect(try tokenizer.encode(text) == pieces.map { tokenizer.id(of: $0) })
    }
  }

  @Test func damageIsAnError() throws {
    #expect(throws: AttendError.self) { try tiny { $0.merges = .scores([1]) } }
    #expect(throws: AttendError.self) { try tiny { $0.prefix = [9999] } }
    #expect(throws: AttendError.self) { try tiny { $0.merges = .list(ByteStrings(["a q"])) } }
  }

  private func split(_ bytes: [UInt8], by separator: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = [[]]
    var position = 0
    while position < bytes.count {
      let isSeparator = bytes[position...].starts(with: separator)
      if isSeparator { parts.append([]) } else { parts[parts.count - 1].append(bytes[position]) }
      position += isSeparator ? separator.count : 1
    }
    return parts
  }
}

extension SentencePieceBPE.Description {
  fileprivate func with(_ change: (inout Self) -> Void) -> Self {
    var result = self
    change(&result)
    return result
  }
}
