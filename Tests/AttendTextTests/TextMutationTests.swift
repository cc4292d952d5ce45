import AttendBase
import AttendTestSupport
import AttendText
import Testing

/// Damaged input of every kind: the readers may refuse it, but nothing else. The checks are in the fuzz functions.
@Suite struct TextMutationTests {
  private func mutate(_ seeds: [[UInt8]], count: Int, seed: UInt64, _ run: (UnsafeRawBufferPointer) -> Void) {
    runMutated(seeds, count: count, seed: seed, likely: "{}[]%\"'|,.:-+~()0129eE <#\\", run)
  }

  @Test func tokenizerJSON() throws {
    let seeds = try ["tiny-flags", "tiny-smollm", "tiny-gpt-2"].map {
      try readFile(TestFixtures.path("tokenizers/\($0)/tokenizer.json"))
    }
    mutate(seeds, count: 3000, seed: 31, fuzzTokenizerJSON)
    let words = try ["tiny-bert", "tiny-bert-cased"].map {
      try readFile(TestFixtures.path("tokenizers/\($0)/tokenizer.json"))
    }
    mutate(words, count: 1500, seed: 36, fuzzTokenizerJSON)
  }

  @Test func sentencePieceModels() throws {
    let seeds = try ["unigram", "unigram-unknown", "bpe", "bpe-plain"].map {
      try readFile(TestFixtures.path("tokenizers/tiny-\($0).model"))
    }
    mutate(seeds, count: 3000, seed: 37, fuzzSentencePiece)
  }

  @Test func patterns() {
    let patterns = [
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{M}]*[\p{Ll}\p{M}]+(?i:'s|'ll)?|\p{N}{1,3}| ?[^\s\p{L}]+[\r\n/]*|\s+(?!\S)|\s+$"#,
      #"(a|b*?c){2,4}d++|[^a-z&&[^xyz]]+?|\x{41}\u00e9(?=\d)"#, #"[一-龥]+|\P{L}{0,5}é|(?:x(?:y(?:z)?)?)+"#,
    ]
    let texts = ["Hello there's 1234 xyzzy \n\n", "aabcbcbcd Aé1 日本語", ""]
    let seeds = patterns.flatMap { pattern in texts.map { Array("\(pattern)\n\($0)".utf8) } }
    mutate(seeds, count: 6000, seed: 38, fuzzPattern)
  }

  @Test func tokenizerMetadata() {
    let tokens = ["a", "b", "ab", "Ġ", "Ġa", "é", "<s>", "Ċ", "1", "12", "", "a b", "Ġ a", "1 2", "a ab"]
    mutate([Array(tokens.joined(separator: "\n").utf8)], count: 5000, seed: 32, fuzzTokenizerMetadata)
  }

  @Test func json() throws {
    let seeds = try ["templates/snippets.json", "templates/tools.json"].map { try readFile(TestFixtures.path($0)) }
    mutate(seeds.map { Array($0.prefix(3000)) } + seeds, count: 4000, seed: 33, fuzzJSON)
  }

  @Test func chatTemplates() throws {
    let names = ["alternating", "chatml", "headers", "macros", "namespaces", "strict", "tools", "whitespace"]
    var seeds = try names.map { try readFile(TestFixtures.path("templates/\($0).jinja")) }
    let file = try JSON(parsing: readFile(TestFixtures.path("templates/snippets.json")), source: "snippets.json")
    seeds += (file["cases"]?.arrayValue ?? []).compactMap { $0["template"]?.stringValue }.map { Array($0.utf8) }
    mutate(seeds, count: 20_000, seed: 34, fuzzChatTemplate)
  }

  @Test func encodingKeepsEveryByte() {
    let seeds = ["Hello there, abab 12 \n\n  abab\r\n'LL it's  x", "日本語 é 🙂\u{3000}\u{301}½Ⅷ", "\u{0}\u{85}"]
    mutate(seeds.map { Array($0.utf8) }, count: 10_000, seed: 35, fuzzEncoding)
  }
}
