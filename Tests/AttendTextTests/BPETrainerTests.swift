import AttendBase
import AttendTestSupport
import AttendText
import Testing

@Suite struct BPETrainerTests {
  private func json(_ path: String) throws -> JSON {
    try JSON(parsing: readFile(TestFixtures.path(path)), source: path)
  }

  /// What the tokenizers library learns; see Fixtures/make-trained.py.
  @Test func learnsWhatTheReferenceLearns() throws {
    let texts = try #require(json("trained/texts.json").arrayValue).compactMap(\.stringValue)
    let cases = try #require(json("trained/bpe.json").arrayValue)
    #expect(texts.count > 300 && cases.count == 2)
    for expected in cases {
      var trainer = BPETrainer(
        vocabularySize: try #require(expected["size"]?.intValue), specialTokens: ["<pad>", "<s>", "</s>"],
        minimumFrequency: try #require(expected["minimum_frequency"]?.intValue),
        addsPrefixSpace: expected["prefix_space"] == true)
      for text in texts { trainer.add(text) }
      let description = try trainer.train()
      let merges = description.merges.map { String(decoding: $0, as: UTF8.self) }
      #expect(merges == expected["merges"]?.arrayValue?.compactMap(\.stringValue))
      #expect(description.vocabulary.count == expected["tokens"]?.intValue)
      let vocabulary = description.vocabulary.prefix(259).map { String(decoding: $0, as: UTF8.self) }
      #expect(vocabulary == expected["vocabulary"]?.arrayValue?.compactMap(\.stringValue))
    }
  }

  /// The tokenizers of the other fixtures were learned by the reference implementation from the lines of a file.
  @Test(arguments: [("tiny-gpt-2", PreTokenizer.gpt2, 500), ("tiny-smollm", .digitsThenGPT2, 400)])
  func learnsTheTinyTokenizers(name: String, preTokenizer: PreTokenizer, size: Int) throws {
    var trainer = BPETrainer(
      vocabularySize: size, specialTokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], preTokenizer: preTokenizer)
    let text = try String(decoding: readFile(TestFixtures.path("austen-3000.txt")), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // The excerpt ends within a line.
    for (index, line) in lines.enumerated() { trainer.add(line + (index < lines.count - 1 ? "\n" : "")) }
    let model = try #require(json("tokenizers/\(name)/tokenizer.json")["model"])
    let learned = try #require(trainer.train().tokenizerJSON()["model"])
    #expect(learned["vocab"]?.objectValue.map { Set($0.keys) } == model["vocab"]?.objectValue.map { Set($0.keys) })
    // The older of the two spells a merge as one text.
    func spelled(_ model: JSON) -> [String]? {
      model["merges"]?.arrayValue?.map {
        $0.stringValue ?? ($0.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
      }
    }
    #expect(spelled(learned) == spelled(model))
    #expect(spelled(learned)?.count == size - 259)
  }

  @Test(arguments: [PreTokenizer.gpt2, .digitsThenGPT2, .llama3, .qwen2])
  func theFileReadsBackAsTheSameTokenizer(preTokenizer: PreTokenizer) throws {
    let texts = try #require(json("trained/texts.json").arrayValue).compactMap(\.stringValue)
    var trainer = BPETrainer(vocabularySize: 700, specialTokens: ["<s>", "</s>"], preTokenizer: preTokenizer)
    for text in texts { trainer.add(text) }
    var description = try trainer.train()
    description.prefix = [0]
    description.suffix = [1]
    let trained = try ByteLevelBPE(description)
    let read = try ByteLevelBPE(tokenizerJSON: description.tokenizerJSON().utf8(pretty: true), source: "trained")
    #expect(read.vocabularySize == 700 && read.preTokenizer == preTokenizer)
    for text in texts {
      let ids = try trained.encode(text, addSpecialTokens: true)
      #expect(try read.encode(text, addSpecialTokens: true) == ids)
      #expect(ids.first == 0 && ids.last == 1)
      #expect(Array(read.decode(ids, skipSpecial: true).utf8) == Array(text.utf8))
    }
    #expect(try read.encode("a<s>b", allowSpecial: true).contains(0))
    #expect(try !read.encode("a<s>b").contains(0))
  }

  /// `ab` and `ba` occur three times each, so the smaller left id decides; then nothing occurs twice.
  @Test func tiesGoToTheSmallerIDsAndRarePairsStay() throws {
    var trainer = BPETrainer(vocabularySize: 400, minimumFrequency: 2)
    trainer.add("abababa")
    let merges = try trainer.train().merges.map { String(decoding: $0, as: UTF8.self) }
    #expect(merges == ["a b", "ab ab"])
  }

  @Test func badRequestsAreRefused() throws {
    func code(_ trainer: BPETrainer) -> AttendError.Code? {
      do { _ = try trainer.train() } catch { return (error as? AttendError)?.code }
      return nil
    }
    #expect(code(BPETrainer(vocabularySize: 255)) == .invalidInput)
    #expect(code(BPETrainer(vocabularySize: 256, specialTokens: ["<s>"])) == .invalidInput)
    #expect(code(BPETrainer(vocabularySize: 300, specialTokens: ["<s>", "<s>"])) == .invalidInput)
    #expect(code(BPETrainer(vocabularySize: 300, specialTokens: ["a"])) == .invalidInput)
    #expect(code(BPETrainer(vocabularySize: 300, specialTokens: [""])) == .invalidInput)
    #expect(code(BPETrainer(vocabularySize: Int.max)) == .invalidInput)
    #expect(code(BPETrainer(vocabularySize: 256)) == nil)
    #expect(code(BPETrainer(vocabularySize: 300, preTokenizer: .qwen2, addsPrefixSpace: true)) == .invalidInput)
  }

  /// A special token spelled out in the text is text, and bytes that are not UTF-8 are learned like any others.
  @Test func textNeverBecomesASpecialToken() throws {
    var trainer = BPETrainer(vocabularySize: 300, specialTokens: ["abc"])
    for _ in 0..<9 { trainer.add("abc abc abc") }
    [UInt8](repeating: 0xFF, count: 40).withUnsafeBytes { trainer.add($0) }
    let tokenizer = try ByteLevelBPE(trainer.train())
    #expect(try !tokenizer.encode("abc abc").contains(0))
    #expect(try tokenizer.encode(bytes: [0xFF, 0xFF, 0xFF, 0xFF]).count < 4)
  }

  @Test func progressEndsTheTraining() throws {
    struct Stop: Error {}
    var trainer = BPETrainer(vocabularySize: 600)
    let text = try String(decoding: readFile(TestFixtures.path("austen-3000.txt")), as: UTF8.self)
    trainer.add(text)
    var seen: [Int] = []
    #expect(throws: Stop.self) {
      try trainer.train { tokens in
        seen.append(tokens)
        if tokens >= 400 { throw Stop() }
      }
    }
    #expect(seen == [320, 384, 448])
  }
}
