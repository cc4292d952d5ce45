import AttendBase

extension ByteLevelBPE.Description {
  /// The tokenizer as a `tokenizer.json`, which the Hugging Face `tokenizers` library and ``ByteLevelBPE`` read.
  ///
  /// - Throws: `invalidInput` when a token is not UTF-8, `unsupported` for one that was read with a normalizer.
  public func tokenizerJSON() throws -> JSON {
    guard normalizer.isEmpty else { throw AttendError(.unsupported, "\(source): writing a normalizer") }
    var vocab = JSON.Object()
    // Special tokens stand in both lists, as where the reference implementation trains. Nothing spells a hole.
    for id in 0..<vocabulary.count where !vocabulary[id].isEmpty {
      vocab[try text(vocabulary[id], "token \(id)")] = JSON(id)
    }
    var pairs: [JSON] = []
    for rank in 0..<merges.count {
      let parts = merges[rank].split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw AttendError(.invalidInput, "\(source): merge \(rank) is not a pair") }
      pairs.append([.string(try text(parts[0], "merge \(rank)")), .string(try text(parts[1], "merge \(rank)"))])
    }
    let added = addedTokens.sorted { $0.id < $1.id }.map(\.json)
    let byteLevel: JSON = [
      "type": "ByteLevel", "add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": true, "use_regex": true,
    ]
    return [
      "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added), "normalizer": nil,
      "pre_tokenizer": preTokenizer.json(addsPrefixSpace: addsPrefixSpace),
      "post_processor": postProcessor(byteLevel),
      "decoder": byteLevel,
      "model": [
        "type": "BPE", "dropout": nil,
        "unk_token": try replacement.map { try .string(text(vocabulary[Int($0)], "token \($0)")) } ?? nil,
        "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false,
        "ignore_merges": .bool(ignoresMerges), "vocab": .object(vocab), "merges": .array(pairs),
      ],
    ]
  }

  private func text(_ bytes: ArraySlice<UInt8>, _ what: String) throws(AttendError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw AttendError(.invalidInput, "\(source): \(what) is not UTF-8")
    }
    return text
  }

  private func postProcessor(_ byteLevel: JSON) -> JSON {
    if prefix.isEmpty && suffix.isEmpty {
      return ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true]
    }
    return SpecialTokenTemplate.json(prefix: prefix, suffix: suffix) { id in
      String(decoding: vocabulary[Int(id)], as: UTF8.self)
    }
  }
}

extension AddedToken {
  /// The token as a member of `added_tokens`.
  var json: JSON {
    [
      "id": JSON(Int(id)), "content": .string(content), "single_word": .bool(isSingleWord), "lstrip": .bool(stripsLeft),
      "rstrip": .bool(stripsRight), "normalized": .bool(isNormalized), "special": .bool(isSpecial),
    ]
  }
}

extension PreTokenizer {
  /// The `pre_tokenizer` that cuts in this way.
  func json(addsPrefixSpace: Bool) -> JSON {
    func byteLevel(usesPattern: Bool) -> JSON {
      [
        "type": "ByteLevel", "add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": true,
        "use_regex": .bool(usesPattern),
      ]
    }
    func split(_ pattern: String) -> JSON {
      ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false]
    }
    let first: JSON
    switch self {
    case .patterns(let cutter):
      let stages = cutter.stages.map { stage -> JSON in
        [
          "type": "Split", "pattern": ["Regex": .string(stage.pattern.source)],
          "behavior": .string(stage.behavior.rawValue), "invert": .bool(stage.isInverted),
        ]
      }
      return ["type": "Sequence", "pretokenizers": .array(stages + [byteLevel(usesPattern: false)])]
    case .gpt2: return byteLevel(usesPattern: true)
    case .digitsThenGPT2: first = ["type": "Digits", "individual_digits": true]
    case .llama3: first = split(PreTokenizer.llama3Pattern)
    case .qwen2: first = split(PreTokenizer.qwen2Pattern)
    }
    return [
      "type": "Sequence", "pretokenizers": [first, byteLevel(usesPattern: self == .digitsThenGPT2)],
    ]
  }
}

/// The `TemplateProcessing` post-processor: tokens around one text, or around two.
enum SpecialTokenTemplate {
  static func json(prefix: [Int32], suffix: [Int32], spelling: (Int32) -> String) -> JSON {
    func special(_ id: Int32, _ type: Int) -> JSON {
      ["SpecialToken": ["id": .string(spelling(id)), "type_id": JSON(type)]]
    }
    func around(_ name: String, _ type: Int) -> [JSON] {
      let text: JSON = ["Sequence": ["id": .string(name), "type_id": JSON(type)]]
      return prefix.map { special($0, type) } + [text] + suffix.map { special($0, type) }
    }
    var tokens = JSON.Object()
    for id in prefix + suffix {
      let name = spelling(id)
      tokens[name] = ["id": .string(name), "ids": [JSON(Int(id))], "tokens": [.string(name)]]
    }
    return [
      "type": "TemplateProcessing", "single": .array(around("A", 0)), "pair": .array(around("A", 0) + around("B", 1)),
      "special_tokens": .object(tokens),
    ]
  }
}
