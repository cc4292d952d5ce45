import AttendBase
import AttendNN
import AttendText
import AttendTraining
import Testing

@Suite struct ConfigurationTests {
  private static let whole = """
    {"model": {"architectures": ["GPT2LMHeadModel"]}, "tokenizer": "characters",
     "data": {"kind": "text", "train": ["a.txt", "/b.txt"], "block_size": 8},
     "training": {"steps": 10, "batch_size": 2, "optimizer": {"name": "sgd", "momentum": 0.5},
       "schedule": {"name": "cosine", "learning_rate": 0.1, "warmup": 2, "minimum": 0.01}}}
    """

  private func read(_ text: String) throws -> TrainingConfiguration {
    try TrainingConfiguration(JSON(parsing: text, source: "c.json"), folder: "/f", name: "c.json")
  }

  @Test func fieldsArrive() throws {
    let configuration = try read(Self.whole)
    #expect(configuration.data.files == ["/f/a.txt", "/b.txt"])
    #expect(configuration.data.blockSize == 8 && configuration.data.order == .random && configuration.data.isPacked)
    #expect(configuration.tokenizer == .characters)
    let training = configuration.training
    #expect(training.length == .steps(10) && training.batch == .examples(2) && training.accumulation == 1)
    let optimizer = try #require(training.optimizer as? SGD)
    #expect(optimizer.momentum == 0.5)
    #expect(optimizer.learningRate == .warmup(steps: 2, then: .cosine(from: 0.1, to: 0.01, steps: 8)))
  }

  @Test(arguments: [
    // What is replaced, by what, and what the error tells.
    ("\"steps\"", "\"stesp\"", "steps"), ("\"momentum\"", "\"mommentum\"", "did you mean \"momentum\"?"),
    ("\"block_size\"", "\"blocksize\"", "did you mean \"block_size\"?"),
    ("\"sgd\"", "\"sdg\"", "did you mean \"sgd\"?"),
    ("\"learning_rate\"", "\"lerning_rate\"", "is it spelled \"lerning_rate\"?"),
    ("\"steps\": 10", "\"steps\": \"10\"", "training.steps is \"10\", expected an integer"),
    ("\"steps\": 10", "\"steps\": -1", "training.steps is -1"), ("\"steps\": 10", "\"steps\": 1.5", "1.5"),
    ("\"steps\": 10", "\"steps\": 10, \"epochs\": 1", "either"), ("0.1, \"warmup\"", "\"a\", \"warmup\"", "a number"),
    ("0.5", "2", "training.optimizer.momentum is 2"), ("\"text\"", "\"texts\"", "did you mean \"text\"?"),
    ("[\"a.txt\", \"/b.txt\"]", "[]", "a path"), ("[\"a.txt\", \"/b.txt\"]", "[3]", "a path"),
    ("{\"kind\"", "[1, {\"kind\"", "c.json"), ("\"characters\"", "7", "tokenizer is 7"),
    ("\"text\"", "\"pairs\"", "block_size has no meaning"), ("\"batch_size\": 2,", "", "batch_tokens"),
    ("\"tokenizer\"", "\"tokeniser\"", "is it spelled \"tokeniser\"?"),
    ("\"block_size\": 8", "\"validation_fraction\": 1", "from 0.0 to 0.9"),
  ])
  func slipsAreExplained(slip: (from: String, to: String, part: String)) {
    #expect(Self.whole.contains(slip.from))
    var text = Self.whole
    if let range = text.firstRange(of: slip.from) { text.replaceSubrange(range, with: slip.to) }
    let error = #expect(throws: AttendError.self) { try read(text) }
    #expect(error?.description.contains(slip.part) == true, "\(error as Any)")
  }

  @Test func distancesCountEdits() {
    #expect(editDistance("", "") == 0 && editDistance("abc", "") == 3)
    #expect(editDistance("kitten", "sitting") == 3 && editDistance("steps", "stesp") == 1)
    #expect(nearest("stesp", ["epochs", "steps"]) == "steps" && nearest("xyz", ["epochs", "steps"]) == nil)
  }

  @Test func theSchemaNamesEveryField() throws {
    for field in [
      "seed", "accumulation", "precision", "clip_norm", "label_smoothing", "averaging", "evaluate_every", "patience",
      "checkpoint_every", "keep_checkpoints", "log_every", "validation_fraction", "too_long", "bucketing", "packing",
      "longest", "order", "evaluation_batches", "inverse_square_root", "minimum_frequency",
    ] {
      #expect(TrainingConfiguration.schema.contains(field), "\(field)")
    }
    // Both examples are what the reader reads.
    let examples = TrainingConfiguration.schema.split(separator: "\n{\n").dropFirst().map { part in
      "{\n" + part.prefix(upTo: part.firstRange(of: "\n}")?.upperBound ?? part.endIndex)
    }
    #expect(examples.count == 2)
    for example in examples { #expect(throws: Never.self) { try read(example) } }
  }

  // MARK: Tokenizers

  @Test func charactersAreTokens() throws {
    let text = "Où l'été — naïve 中文 🙂?"
    let run = try RunTokenizer(.characters, texts: [Array(text.utf8)], hasRoles: false)
    let ids = try run.tokenizer.encode(text)
    #expect(ids.count == text.unicodeScalars.count)
    #expect(run.tokenizer.decode(ids) == text)
    #expect(Set(ids).count == Set(text.unicodeScalars).count)
    // Its file is what any reader opens.
    let reopened = try ByteLevelBPE(tokenizerJSON: run.file, source: "tokenizer.json")
    #expect(try reopened.encode(text) == ids)
  }

  @Test func bytesAreTokens() throws {
    let run = try RunTokenizer(.bytes, texts: [], hasRoles: true)
    #expect(run.tokenizer.vocabularySize == 258)
    #expect(run.tokenizer.specialTokens.beginning == 0 && run.tokenizer.specialTokens.end == 1)
    let ids = try run.tokenizer.encode("é<s>\n")
    #expect(ids.count == 6 && run.tokenizer.decode(ids) == "é<s>\n")
  }

  @Test func learntTokenizersHaveRoles() throws {
    let text = Array(repeating: "the cat sat\ton the mat\n", count: 50).joined()
    let choice = TokenizerChoice.learned(vocabularySize: 270, minimumFrequency: 2)
    let run = try RunTokenizer(choice, texts: [Array(text.utf8)], hasRoles: false)
    #expect(run.tokenizer.vocabularySize <= 270 && run.tokenizer.specialTokens.end == 1)
    let ids = try run.tokenizer.encode("the cat")
    #expect(ids.count < 7 && run.tokenizer.decode(ids) == "the cat")
  }
}
