import AttendBase
import AttendText
import Testing

@Suite struct ByteLevelBPETests {
  /// Lower-case letters and random merges of them.
  private func randomDescription(_ random: inout SeededRandom, merges count: Int) -> ByteLevelBPE.Description {
    var tokens = (UInt8(ascii: "a")...UInt8(ascii: "e")).map { [$0] }
    var merges: [String] = []
    while merges.count < count {
      let left = tokens.randomElement(using: &random) ?? []
      let right = tokens.randomElement(using: &random) ?? []
      if left.count + right.count > 12 || tokens.contains(left + right) { continue }
      tokens.append(left + right)
      merges.append(String(decoding: left + [0x20] + right, as: UTF8.self))
    }
    var vocabulary = ByteStrings()
    for token in tokens { vocabulary.append(token) }
    return .init(vocabulary: vocabulary, merges: ByteStrings(merges), preTokenizer: .gpt2, source: "test")
  }

  /// The definition, word for word: the pair with the lowest rank, leftmost first, becomes one.
  private func mergeSlowly(_ text: [UInt8], _ description: ByteLevelBPE.Description) -> [[UInt8]] {
    var parts = text.map { [$0] }
    let merges = description.merges.map { Array($0) }
    while true {
      var best: (rank: Int, index: Int)?
      for index in 0..<max(parts.count - 1, 0) {
        if let rank = merges.firstIndex(of: parts[index] + [0x20] + parts[index + 1]), rank < best?.rank ?? .max {
          best = (rank, index)
        }
      }
      guard let (_, index) = best else { return parts }
      parts[index] += parts.remove(at: index + 1)
    }
  }

  @Test func mergesFollowTheDefinition() throws {
    var random = SeededRandom(seed: 21)
    for round in 0..<60 {
      let description = randomDescription(&random, merges: 30)
      let tokenizer = try ByteLevelBPE(description)
      // Both sides of the limit between the two algorithms, and of the longest piece that is remembered.
      for length in [1, 2, 5, 14, 15, 16, 17, 47, 48, 49, 50, 90] {
        let text = (0..<length).map { _ in UInt8.random(in: 0x61...0x65, using: &random) }
        let ids = try tokenizer.encode(bytes: text)
        let twice = try tokenizer.encode(bytes: text + [0x0A] + text)
        #expect(ids.map { Array(tokenizer.bytes(of: $0)) } == mergeSlowly(text, description), "round \(round)")
        #expect(twice == ids + ids)
      }
    }
  }

  @Test func oneLongWordTakesNoQuadraticTime() throws {
    var random = SeededRandom(seed: 22)
    let tokenizer = try ByteLevelBPE(randomDescription(&random, merges: 40))
    let text = (0..<1_000_000).map { _ in UInt8.random(in: 0x61...0x65, using: &random) }
    let ids = try tokenizer.encode(bytes: text)
    #expect(ids.count < 900_000)
    #expect(ids.flatMap { tokenizer.bytes(of: $0) } == text)
  }

  @Test func specialTokensAreTextUnlessAllowed() throws {
    var description = ByteLevelBPE.Description(
      vocabulary: ByteStrings(["<", "e", "o", "s", ">", "<eos>", "<o>", "<eos>s"]), merges: ByteStrings(),
      preTokenizer: .gpt2, source: "test")
    description.addedTokens = [
      AddedToken(id: 5, content: "<eos>", isSpecial: true), AddedToken(id: 6, content: "<o>", isSpecial: false),
    ]
    description.prefix = [5]
    let tokenizer = try ByteLevelBPE(description)
    #expect(try tokenizer.encode("s<eos><o>", allowSpecial: true) == [3, 5, 6])
    #expect(try tokenizer.encode("s<eos><o>", allowSpecial: false) == [3, 0, 1, 2, 3, 4, 6])
    #expect(try tokenizer.encode("s", addSpecialTokens: true) == [5, 3])
    #expect(tokenizer.decode([3, 5, 6]) == "s<eos><o>")
    #expect(tokenizer.decode([3, 5, 6], skipSpecial: true) == "s<o>")
    #expect(tokenizer.decode([3, -1, 8, 99]) == "s")
    description.addedTokens.append(AddedToken(id: 7, content: "<eos>s", isSpecial: true))
    #expect(try ByteLevelBPE(description).encode("<eos>s<eos>", allowSpecial: true) == [7, 5])
  }

  @Test func missingBytesVanishOrAreReplaced() throws {
    var description = ByteLevelBPE.Description(
      vocabulary: ByteStrings(["a", "b", "ab", "?"]), merges: ByteStrings(["a b"]), preTokenizer: .gpt2, source: "test")
    #expect(try ByteLevelBPE(description).encode("axb") == [2])
    description.replacement = 3
    #expect(try ByteLevelBPE(description).encode("axb") == [0, 3, 1])
  }

  @Test(
    arguments: [
      (["a", "b"], ["a b"], "merge 0"), (["a", "b", "ab"], ["a  b"], "merge 0"), (["a", "b", "ab"], ["ab"], "merge 0"),
      (["a", "b", "ab"], ["a b", "a "], "merge 1"), (["a", "b", "ab"], [" b"], "merge 0"), (["a", "a"], [], "spelled"),
    ] as [([String], [String], String)])
  func contradictionsAreDamage(_ vocabulary: [String], _ merges: [String], _ message: String) {
    let description = ByteLevelBPE.Description(
      vocabulary: ByteStrings(vocabulary), merges: ByteStrings(merges), preTokenizer: .gpt2, source: "bad.gguf")
    #expect { try ByteLevelBPE(description) } throws: { error in
      let error = error as? AttendError
      return error?.code == .damagedFile && error?.message.hasPrefix("bad.gguf: ") == true
        && error?.message.contains(message) == true
    }
  }

  @Test func metadataIsImplementedOrRefused() {
    func code(_ change: (inout TokenizerMetadata) -> Void) -> AttendError.Code? {
      var metadata = TokenizerMetadata(
        source: "x.gguf", model: "gpt2", preTokenizer: "gpt-2", tokens: ByteStrings(["a", "b"]), merges: ByteStrings())
      change(&metadata)
      do throws(AttendError) { _ = try ByteLevelBPE(metadata) } catch { return error.code }
      return nil
    }
    #expect(code { _ in } == nil)
    #expect(code { $0.model = "llama" } == .unsupported)
    #expect(code { $0.preTokenizer = "superbpe" } == .unsupported)
    #expect(code { $0.preTokenizer = nil } == .unsupported)
    #expect(code { $0.tokenTypes = [1] } == .damagedFile)
    #expect(code { $0.specialTokens.end = 2 } == .damagedFile)
    #expect(code { $0.specialTokens.end = -1 } == .damagedFile)
    #expect(code { $0.addsBeginning = true } == .damagedFile)
    #expect(code { $0.tokens = ByteStrings() } == nil)
  }

  @Test func textIsEncodedAsItsBytes() throws {
    var random = SeededRandom(seed: 23)
    let tokenizer = try ByteLevelBPE(randomDescription(&random, merges: 10))
    var text = "abc"
    #expect(try tokenizer.encode(text) == tokenizer.encode(bytes: Array(text.utf8)))
    text = ""
    #expect(try tokenizer.encode(text).isEmpty)
    #expect(try tokenizer.encode(bytes: [0xFF, 0x61, 0xC3]) == tokenizer.encode("a"))
  }
}
