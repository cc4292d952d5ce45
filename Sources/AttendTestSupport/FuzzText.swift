import AttendBase
import AttendText

/// Reads arbitrary bytes as JSON. Anything but an `AttendError`, or a value that changes when written and read again,
/// is a finding.
package func fuzzJSON(_ bytes: UnsafeRawBufferPointer) {
  guard let value = try? JSON(parsing: bytes, source: "fuzz.json") else { return }
  precondition((try? JSON(parsing: value.utf8(), source: "again")) == value)
  precondition((try? JSON(parsing: value.utf8(pretty: true), source: "again")) == value)
}

/// Reads arbitrary bytes as a `tokenizer.json` and encodes with it. Anything but an `AttendError` is a finding.
package func fuzzTokenizerJSON(_ bytes: UnsafeRawBufferPointer) {
  guard let json = try? JSON(parsing: bytes, source: "tokenizer.json"),
    let tokenizer = try? TokenizerFile.read(json, source: "tokenizer.json")
  else { return }
  for text in ["", "Hello, world! 12345", " a  b\n\ncat <mask> é 日本 🙂 <|im_end|>", String(repeating: "ab", count: 100)]
  {
    for allowSpecial in [false, true] {
      guard let ids = try? tokenizer.encode(text, allowSpecial: allowSpecial, addSpecialTokens: true) else { continue }
      precondition(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
      _ = tokenizer.decode(ids, skipSpecial: allowSpecial)
    }
  }
  var notes: [String] = []
  let metadata = try? TokenizerMetadata(
    tokenizerJSON: json, configuration: nil, roles: SpecialTokens(), count: tokenizer.vocabularySize + 3,
    source: "tokenizer.json", notes: &notes)
  // What was written has to be readable.
  if let metadata { precondition((try? metadata.tokenizer())?.vocabularySize == tokenizer.vocabularySize + 3) }
}

/// Reads lines of bytes as the tokens and, after an empty line, the merges of a GGUF file. Anything but an
/// `AttendError` is a finding.
package func fuzzTokenizerMetadata(_ bytes: UnsafeRawBufferPointer) {
  var tokens = ByteStrings()
  var merges = ByteStrings()
  var isMerge = false
  for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
    if isMerge { merges.append(line) } else if line.isEmpty { isMerge = true } else { tokens.append(line) }
  }
  let types = (0..<tokens.count).map { Int32($0 % 7) }
  for name in ["gpt-2", "smollm", "llama-bpe"] {
    let metadata = TokenizerMetadata(
      source: "fuzz.gguf", model: "gpt2", preTokenizer: name, tokens: tokens, merges: merges, tokenTypes: types,
      addsBeginning: false)
    fuzzWriting(metadata)
    guard let tokenizer = try? ByteLevelBPE(metadata), let ids = try? tokenizer.encode(bytes: Array(bytes)) else {
      continue
    }
    precondition(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
  }
  for model in ["llama", "gemma4", "bert", "t5"] {
    var metadata = TokenizerMetadata(
      source: "fuzz.gguf", model: model, preTokenizer: nil, tokens: tokens, merges: merges, tokenTypes: types,
      specialTokens: SpecialTokens(unknown: tokens.isEmpty ? nil : 0))
    metadata.scores = (0..<tokens.count).map { -Float($0 % 17) }
    metadata.separator = tokens.isEmpty ? nil : 0
    metadata.removesExtraSpaces = bytes.count % 2 == 0
    metadata.addsSpacePrefix = bytes.count % 3 == 0
    // The trie that stands for characters is a fuzzed part, too.
    if model == "t5", bytes.count % 5 == 0 { metadata.charactersMap = Array(bytes) }
    fuzzWriting(metadata)
    guard let tokenizer = try? metadata.tokenizer(), let ids = try? tokenizer.encode(bytes: Array(bytes)) else {
      continue
    }
    precondition(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
    _ = tokenizer.decode(ids)
  }
}

/// Reads arbitrary bytes as a SentencePiece model and encodes with it. Anything but an `AttendError` is a finding.
package func fuzzSentencePiece(_ bytes: UnsafeRawBufferPointer) {
  guard let tokenizer = try? SentencePieceFile.read(MappedFile(copying: bytes, name: "fuzz.model")) else { return }
  for text in ["", "Hello, world! 12345", " a  b\n\ncat the é 日本 🙂 <s>", String(repeating: "ab", count: 100)] {
    for allowSpecial in [false, true] {
      guard let ids = try? tokenizer.encode(text, allowSpecial: allowSpecial, addSpecialTokens: true) else { continue }
      precondition(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
      _ = tokenizer.decode(ids, skipSpecial: allowSpecial)
    }
  }
}

/// Reads a line of arbitrary bytes as a pattern and cuts the rest with it. Anything but an `AttendError`, or pieces that
/// do not cover the text, is a finding.
package func fuzzPattern(_ bytes: UnsafeRawBufferPointer) {
  let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
  let text = parts.count > 1 ? Array(parts[1]) : []
  guard let pattern = parts.first, let cutter = try? PieceCutter(patterns: [String(decoding: pattern, as: UTF8.self)]),
    let pieces = try? PreTokenizer.patterns(cutter).pieces(of: text)
  else { return }
  var end = 0
  for piece in pieces {
    precondition(piece.lowerBound == end && piece.upperBound > end)
    end = piece.upperBound
  }
  precondition(end == text.count)
}

/// Encodes arbitrary bytes with a vocabulary that can express all of them. A change of the bytes is a finding.
package func fuzzEncoding(_ bytes: UnsafeRawBufferPointer) {
  let text = Array(bytes)
  for tokenizer in FuzzTokenizers.all {
    guard let ids = try? tokenizer.encode(bytes: text) else { preconditionFailure("refuses to encode") }
    precondition(ids.flatMap { tokenizer.bytes(of: $0) } == text)
  }
}

/// Reads arbitrary bytes as a chat template and renders a conversation. Anything but an `AttendError`, or output
/// beyond the limit, is a finding.
package func fuzzChatTemplate(_ bytes: UnsafeRawBufferPointer) {
  let source = String(decoding: bytes, as: UTF8.self)
  guard var template = try? ChatTemplate(source: source, name: "fuzz.jinja") else { return }
  template.limits.steps = 100_000
  template.limits.output = 1 << 16
  let messages = [
    ChatMessage(role: "system", content: "Be brief."), ChatMessage(role: "user", content: " Héllo\n<b>'x'</b> "),
    ChatMessage(role: "assistant", content: "<think>hm</think>Done."), ChatMessage(role: "user", content: ""),
  ]
  let variables: JSON.Object =
    (["bos_token": "<s>", "eos_token": "</s>", "tools": [["name": "f", "n": [1, 2.5, nil, true]]]] as JSON).objectValue
    ?? JSON.Object()
  let text = try? template.render(messages: messages, addGenerationPrompt: true, variables: variables)
  precondition((text?.utf8.count ?? 0) <= template.limits.output)
}

/// Decodes arbitrary bytes in portions. A result that differs from decoding all at once is a finding.
package func fuzzDetokenizer(_ bytes: UnsafeRawBufferPointer) {
  let whole = String(decoding: bytes, as: UTF8.self)
  for portion in 1...5 {
    var decoder = UTF8Decoder()
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: portion) {
      text += decoder.append(bytes[start..<min(start + portion, bytes.count)])
    }
    text += decoder.finish()
    precondition(text.utf8.elementsEqual(whole.utf8))
  }
}

/// Tiny vocabularies of all bytes and a few merges, one for each way to cut text.
private enum FuzzTokenizers {
  private static let tables = ["gpt-4o", "deepseek-llm", "falcon", "chameleon"].compactMap {
    try? PreTokenizer(ggufName: $0)
  }

  static let all: [ByteLevelBPE] = ([.gpt2, .digitsThenGPT2, .llama3, .qwen2] + tables).compactMap { kind in
    var vocabulary = ByteStrings()
    var next: UInt32 = 0x100
    for byte in UInt32(0)..<256 {
      let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      let scalar = Unicode.Scalar(isPrintable ? byte : next)
      if !isPrintable { next += 1 }
      vocabulary.append(String(Character(scalar ?? "?")).utf8)
    }
    var merges = ByteStrings()
    for (left, right) in [("Ġ", "a"), ("a", "b"), ("ab", "ab"), ("1", "2"), ("Ċ", "Ċ"), ("Ġ", "Ġ"), ("ĠĠ", "ĠĠ")] {
      vocabulary.append((left + right).utf8)
      merges.append((left + " " + right).utf8)
    }
    return try? ByteLevelBPE(
      .init(vocabulary: vocabulary, merges: merges, preTokenizer: kind, source: "fuzz"))
  }
}

private func fuzzWriting(_ metadata: TokenizerMetadata) {
  guard let json = try? metadata.tokenizerJSON() else { return }
  _ = try? TokenizerFile.read(json, configuration: .object(metadata.tokenizerConfiguration()), source: "written")
}
