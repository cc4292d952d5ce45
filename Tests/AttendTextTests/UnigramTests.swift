import AttendBase
import AttendTestSupport
import AttendText
import Testing

@Suite struct UnigramTests {
  private func json(_ path: String) throws -> JSON {
    try JSON(parsing: readFile(TestFixtures.path(path)), source: path)
  }

  private func texts() throws -> [String] {
    try #require(json("trained/texts.json").arrayValue).compactMap(\.stringValue)
  }

  /// Ids and texts of the tokenizers library; see Fixtures/make-trained.py.
  @Test(arguments: ["unigram", "unigram-bytes", "unigram-first"])
  func encodesLikeTheReference(name: String) throws {
    let tokenizer = try TokenizerFile.read(json("trained/\(name).json"), source: name)
    let cases = try #require(json("trained/\(name)-expected.json").arrayValue)
    #expect(cases.count > 300)
    for item in cases {
      let text = try #require(item["text"]?.stringValue)
      let expected = try #require(item["ids"]?.arrayValue).compactMap { $0.intValue.map(Int32.init) }
      let ids = try tokenizer.encode(text, allowSpecial: true, addSpecialTokens: true)
      #expect(ids == expected, "\(text.debugDescription)")
      let decoded = tokenizer.decode(expected, skipSpecial: true)
      #expect(Array(decoded.utf8) == item["decoded"]?.stringValue.map { Array($0.utf8) }, "\(text.debugDescription)")
    }
  }

  private func trained(_ size: Int, coverage: Double = 1) throws -> Unigram.Description {
    var trainer = UnigramTrainer(
      vocabularySize: size, specialTokens: ["<pad>", "<unk>", "</s>"], characterCoverage: coverage)
    for text in try texts() { trainer.add(text) }
    return try trainer.train()
  }

  @Test func learnsPiecesThatSpellEverything() throws {
    let description = try trained(1000)
    #expect(description.vocabulary.count == 1000 && description.unknown == 1)
    var suffixed = description
    suffixed.suffix = [2]
    let tokenizer = try Unigram(suffixed)
    let read = try TokenizerFile.read(suffixed.tokenizerJSON(), source: "trained")
    for text in try texts() + ["never seen: ǅ 한국어", "line\nbreak"] {
      let ids = try tokenizer.encode(text, addSpecialTokens: true)
      #expect(try read.encode(text, addSpecialTokens: true) == ids)
      #expect(ids.last == 2 && !ids.contains(1))
      // ▁ is how spaces are spelled. One at the very beginning is taken for the one that encoding puts there.
      let spaced = Array(text.replacing("▁", with: " ").utf8)
      let expected = spaced.first == UInt8(ascii: " ") ? Array(spaced.dropFirst()) : spaced
      #expect(Array(tokenizer.decode(ids, skipSpecial: true).utf8) == expected, "\(text.debugDescription)")
    }
    // Frequent words are pieces of their own, and fewer tokens than characters are needed.
    let ids = try tokenizer.encode("She had been in the house of her own child")
    #expect(ids.count < 24)
    #expect(tokenizer.id(of: "▁the") != nil)
  }

  @Test func theSameTextsGiveTheSameTokenizer() throws {
    #expect(try trained(900).tokenizerJSON() == trained(900).tokenizerJSON())
  }

  @Test func rareCharactersAreLeftOut() throws {
    var trainer = UnigramTrainer(vocabularySize: 300, characterCoverage: 0.9)
    trainer.add(String(repeating: "abab ", count: 100) + "z")
    let tokenizer = try Unigram(trainer.train())
    #expect(tokenizer.id(of: "z") == nil && tokenizer.id(of: "▁abab") != nil)
    #expect(tokenizer.decode(try tokenizer.encode("z abab")) == "z abab")
  }

  @Test func badRequestsAreRefused() {
    func code(_ trainer: UnigramTrainer) -> AttendError.Code? {
      do { _ = try trainer.train() } catch { return (error as? AttendError)?.code }
      return nil
    }
    #expect(code(UnigramTrainer(vocabularySize: 1000)) == .invalidInput)
    var trainer = UnigramTrainer(vocabularySize: 258)
    trainer.add("some text")
    #expect(code(trainer) == .invalidInput)
    trainer = UnigramTrainer(vocabularySize: 1000, specialTokens: ["<s>"])
    trainer.add("some text")
    #expect(code(trainer) == .invalidInput)
  }

  @Test(arguments: [
    #"{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1],["a",-2]]}"#,
    #"{"type":"Unigram","unk_id":5,"vocab":[["<unk>",0]]}"#, #"{"type":"Unigram","unk_id":0,"vocab":[["<unk>"]]}"#,
    #"{"type":"Unigram","unk_id":0,"vocab":{}}"#, #"{"type":"Unigram","unk_id":-1,"vocab":[["<unk>",0]]}"#,
    #"{"type":"Unigram","unk_id":"0","vocab":[["<unk>",0]]}"#,
  ])
  func damagedFilesAreErrors(model: String) throws {
    let text =
      #"{"pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"decoder":{"type":"Metaspace"},"model":\#(model)}"#
    let json = try JSON(parsing: text, source: "t")
    do {
      _ = try TokenizerFile.read(json, source: "t")
      Issue.record("\(model) was read")
    } catch {
      #expect(error.code == .damagedFile, "\(error)")
    }
  }

  @Test func withoutAnUnknownTokenUnknownCharactersAreAnError() throws {
    let text =
      #"{"pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"decoder":{"type":"Metaspace"},"#
      + #""model":{"type":"Unigram","unk_id":null,"vocab":[["▁",-1],["a",-2]]}}"#
    let tokenizer = try TokenizerFile.read(JSON(parsing: text, source: "t"), source: "t")
    #expect(try tokenizer.encode("a a") == [0, 1, 0, 1])
    #expect(throws: AttendError.self) { try tokenizer.encode("ab") }
  }
}
