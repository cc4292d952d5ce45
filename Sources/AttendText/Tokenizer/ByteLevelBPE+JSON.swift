import AttendBase

extension ByteLevelBPE {
  /// Builds the tokenizer of a `tokenizer.json`.
  ///
  /// - Parameters:
  ///   - configuration: the `tokenizer_config.json` beside it, which names the tokens with a role.
  ///   - source: the file's name, for error messages.
  /// - Throws: `unsupported` naming the part that this version lacks; `damagedFile` when the parts contradict each
  ///   other.
  public init(tokenizerJSON: JSON, configuration: JSON? = nil, source: String) throws(AttendError) {
    var description = try TokenizerJSON(root: tokenizerJSON, source: source).description()
    if let configuration {
      description.specialTokens = SpecialTokens(configuration: configuration) { name in
        description.addedTokens.first { $0.content == name }?.id
          ?? tokenizerJSON["model"]?["vocab"]?[name]?.intValue.flatMap(Int32.init(exactly:))
      }
    }
    try self.init(description)
  }

  public init(tokenizerJSON bytes: [UInt8], source: String) throws(AttendError) {
    try self.init(tokenizerJSON: JSON(parsing: bytes, source: source), source: source)
  }
}

extension SpecialTokens {
  /// The roles that `tokenizer_config.json` gives to tokens, each written as a string or as an object with `content`.
  init(configuration: JSON, id: (String) -> Int32?) {
    func role(_ key: String) -> Int32? {
      (configuration[key]?.stringValue ?? configuration[key]?["content"]?.stringValue).flatMap(id)
    }
    self.init(
      beginning: role("bos_token"), end: role("eos_token"), endOfTurn: role("eot_token"), unknown: role("unk_token"),
      padding: role("pad_token"))
  }
}
