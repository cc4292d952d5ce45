import AttendBase
import AttendTestSupport
import AttendText
import Testing

@Suite struct TokenizerJSONTests {
  private let valid: JSON = [
    "added_tokens": [["id": 3, "content": "<s>", "special": true]], "normalizer": nil,
    "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false], "decoder": ["type": "ByteLevel"],
    "model": ["type": "BPE", "vocab": ["a": 0, "b": 1, "ab": 2], "merges": ["a b"]],
  ]

  private func error(_ json: JSON) -> AttendError? {
    do throws(AttendError) {
      _ = try ByteLevelBPE(tokenizerJSON: json, source: "t.json")
    } catch { return error }
    return nil
  }

  /// The valid file with the member at a path replaced.
  private func changed(_ path: [String], _ value: JSON, in json: JSON? = nil) -> JSON {
    var object = (json ?? valid).objectValue ?? JSON.Object()
    object[path[0]] = path.count == 1 ? value : changed(Array(path.dropFirst()), value, in: object[path[0]] ?? [:])
    return .object(object)
  }

  @Test func theSmallestFileWorks() throws {
    let tokenizer = try ByteLevelBPE(tokenizerJSON: valid, source: "t.json")
    #expect(try tokenizer.encode("abb<s>", allowSpecial: true) == [2, 1, 3])
    #expect(tokenizer.vocabularySize == 4)
  }

  @Test(
    arguments: [
      (["normalizer"], ["type": "ByteLevel"], "ByteLevel"), (["pre_tokenizer"], nil, "pre_tokenizer"),
      (["pre_tokenizer"], ["type": "Metaspace"], "Metaspace"),
      (["pre_tokenizer"], ["type": "Sequence", "pretokenizers": []], "Sequence"),
      (["pre_tokenizer", "extra"], 1, "extra"),
      (["decoder"], nil, "decoder"), (["decoder"], ["type": "WordPiece"], "WordPiece"),
      (["post_processor"], ["type": "Surprise"], "Surprise"), (["model", "type"], "Unigram", "Unigram"),
      (["model", "dropout"], 0.1, "dropout"), (["model", "byte_fallback"], true, "byte_fallback"),
      (["model", "continuing_subword_prefix"], "##", "continuing_subword_prefix"), (["surprise"], nil, "surprise"),
      (["model", "surprise"], nil, "surprise"),
      (
        ["pre_tokenizer"],
        [
          "type": "Sequence",
          "pretokenizers": [
            ["type": "Split", "pattern": ["Regex": "(?<=a)b"], "behavior": "Isolated", "invert": false],
            ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
          ],
        ], "(?<"
      ),
    ] as [([String], JSON, String)])
  func whatIsMissingIsNamed(_ path: [String], _ value: JSON, _ name: String) {
    let error = error(changed(path, value))
    #expect(error?.code == .unsupported)
    #expect(error?.message.hasPrefix("t.json: ") == true)
    #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
  }

  @Test(
    arguments: [
      (["model"], 1), (["model", "vocab"], []), (["model", "vocab", "b"], "1"), (["model", "vocab", "b"], 0),
      (["model", "vocab", "b"], -1), (["model", "vocab", "b"], 1_000_000_000_000), (["model", "merges"], [1]),
      (["model", "merges"], [["a", "b", "c"]]), (["model", "merges"], ["a c"]), (["model", "unk_token"], "?"),
      (["model", "ignore_merges"], "yes"), (["added_tokens"], [["id": 0, "content": "x"]]),
      (["added_tokens"], [["id": 3]]), (["added_tokens"], [["id": -3, "content": "x"]]), (["added_tokens"], 5),
      (
        ["post_processor"],
        ["type": "TemplateProcessing", "single": [["SpecialToken": ["id": "x"]], ["Sequence": ["id": "A"]]]]
      ),
    ] as [([String], JSON)])
  func contradictionsAreDamage(_ path: [String], _ value: JSON) {
    let error = error(changed(path, value))
    #expect(error?.code == .damagedFile, "\(String(describing: error))")
  }

  @Test func knownSplitsAndTemplatesWork() throws {
    for pattern in [PreTokenizer.gpt2Pattern, PreTokenizer.llama3Pattern, PreTokenizer.qwen2Pattern] {
      let json = changed(
        ["pre_tokenizer"],
        [
          "type": "Sequence",
          "pretokenizers": [
            ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false],
            ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false],
          ],
        ])
      #expect(try ByteLevelBPE(tokenizerJSON: json, source: "t").preTokenizer == PreTokenizer(pattern: pattern))
    }
    let single: JSON = [
      ["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]],
      ["SpecialToken": ["id": "<s>", "type_id": 0]],
    ]
    let json = changed(
      ["post_processor"],
      [
        "type": "TemplateProcessing", "single": single, "pair": [],
        "special_tokens": ["<s>": ["id": "<s>", "ids": [3], "tokens": ["<s>"]]],
      ])
    let tokenizer = try ByteLevelBPE(tokenizerJSON: json, source: "t")
    #expect(try tokenizer.encode("a", addSpecialTokens: true) == [3, 0, 3])
    #expect(try tokenizer.encode("a") == [0])
  }

  @Test func configurationNamesTheRoles() throws {
    let tokenizer = try ByteLevelBPE(
      tokenizerJSON: valid, configuration: ["bos_token": "<s>", "eos_token": ["content": "b"], "pad_token": nil],
      source: "t.json")
    #expect(tokenizer.specialTokens == SpecialTokens(beginning: 3, end: 1))
  }

  @Test func wholePiecesComeBeforeMerges() throws {
    var json = changed(["model", "vocab"], ["a": 0, "b": 1, "ab": 2, "bab": 4])
    #expect(try ByteLevelBPE(tokenizerJSON: json, source: "t").encode("bab") == [1, 2])
    json = changed(["model", "ignore_merges"], true, in: json)
    #expect(try ByteLevelBPE(tokenizerJSON: json, source: "t").encode("bab") == [4])
  }
}
