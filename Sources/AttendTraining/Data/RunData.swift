import AttendBase
import AttendText

/// A run's texts, read and checked, before they are tokens.
struct RunTexts: Sendable {
  let training: [TextFile]
  let validation: [TextFile]

  init(_ configuration: DataConfiguration) throws(AttendError) {
    func read(_ paths: [String]) throws(AttendError) -> [TextFile] {
      var files: [TextFile] = []
      for path in paths { files.append(try TextFile(path: path)) }
      return files
    }
    training = try read(configuration.files)
    validation = try read(configuration.validationFiles)
  }

  var all: [[UInt8]] { (training + validation).map(\.bytes) }
}

/// Sequences for a language model, or pairs for an encoder-decoder, with what was held out.
struct RunData {
  /// What a person should know about the data.
  private(set) var notices: [String] = []
  private let configuration: DataConfiguration
  private let tokenizer: any Tokenizer
  private let seed: UInt64

  init(_ configuration: DataConfiguration, _ tokenizer: any Tokenizer, seed: UInt64) {
    self.configuration = configuration
    self.tokenizer = tokenizer
    self.seed = seed
  }

  // MARK: Streams

  /// The texts as one stream each.
  /// - Parameter blockSize: predictions per block.
  mutating func blocks(
    _ texts: RunTexts, blockSize: Int
  ) throws(AttendError) -> (training: TokenBlocks, validation: TokenBlocks?) {
    var tokens = try stream(texts.training)
    var heldOut = try stream(texts.validation)
    if configuration.validationFraction > 0 {
      let kept = tokens.count - Int(Double(tokens.count) * configuration.validationFraction)
      heldOut = Array(tokens[kept...])
      tokens = Array(tokens[..<kept])
    }
    let placement: TokenBlocks.Placement = configuration.order == .random ? .anywhere : .sideBySide
    let training = TokenBlocks(tokens, blockSize: blockSize, placement: placement)
    guard training.count > 0 else {
      throw AttendError(
        .invalidInput,
        "\(configuration.files.joined(separator: ", ")): \(tokens.count) tokens to learn from, and a block has "
          + "\(blockSize) and the one that follows", hint: "give more text or a smaller block_size")
    }
    let validation = TokenBlocks(heldOut, blockSize: blockSize, placement: .sideBySide)
    if configuration.validationFraction > 0 || !texts.validation.isEmpty, validation.count == 0 {
      throw AttendError(
        .invalidInput, "the held-out text has \(heldOut.count) tokens, too few to predict any",
        hint: "hold out more text")
    }
    return (training, validation.count > 0 ? validation : nil)
  }

  private func stream(_ files: [TextFile]) throws(AttendError) -> [Int32] {
    var tokens: [Int32] = []
    for file in files {
      if configuration.kind == .lines {
        let lines = file.lines
        for line in lines { tokens += try tokenizer.encode(bytes: Array(line.bytes)) + lineEnd() }
      } else {
        if !tokens.isEmpty, let end = tokenizer.specialTokens.end { tokens.append(end) }
        tokens += try tokenizer.encode(bytes: file.bytes)
      }
    }
    return tokens
  }

  /// What separates lines: the end token, else a line break.
  private func lineEnd() throws(AttendError) -> [Int32] {
    if let end = tokenizer.specialTokens.end { return [end] }
    let lineBreak = try tokenizer.encode("\n")
    guard !lineBreak.isEmpty else {
      throw AttendError(
        .invalidInput, "the tokenizer has neither an end token nor a line break to end lines with",
        hint: "give its folder a tokenizer_config.json with an eos_token")
    }
    return lineBreak
  }

  // MARK: Lines and pairs

  /// Each line by itself, with the end token before and behind it, so that the first word is learnt too.
  /// - Parameter context: the most predictions that the model makes in a row.
  mutating func lines(
    _ texts: RunTexts, context: Int
  ) throws(AttendError) -> (training: TokenLines, validation: TokenLines?) {
    let (limit, tooLong) = (min(configuration.longest ?? context, context), configuration.tooLong)
    let end = try lineEnd()
    func sequences(_ files: [TextFile]) throws(AttendError) -> [[Int32]] {
      var sequences: [[Int32]] = []
      for file in files {
        for line in file.lines { sequences.append(end + (try tokenizer.encode(bytes: Array(line.bytes))) + end) }
      }
      return sequences
    }
    var (kept, heldOut) = split(try sequences(texts.training))
    if !texts.validation.isEmpty { heldOut = try sequences(texts.validation) }
    let training = fit(kept, "lines") { Self.cut($0, limit + 1, tooLong) }
    let validation = fit(heldOut, "held-out lines") { Self.cut($0, limit + 1, tooLong) }
    guard !training.isEmpty else { throw nothingLeft(limit) }
    return (TokenLines(training), validation.isEmpty ? nil : TokenLines(validation))
  }

  /// - Parameters:
  ///   - sourceLimit: the most tokens of a source, its end included; `targetLimit` likewise.
  mutating func pairs(
    _ texts: RunTexts, sourceLimit: Int, targetLimit: Int
  ) throws(AttendError) -> (training: TokenPairs, validation: TokenPairs?) {
    typealias Pair = (source: [Int32], target: [Int32])
    func sequences(_ files: [TextFile]) throws(AttendError) -> [Pair] {
      var sequences: [Pair] = []
      for file in files {
        for pair in try file.pairs() {
          sequences.append(
            (try tokenizer.encode(bytes: Array(pair.source)), try tokenizer.encode(bytes: Array(pair.target))))
        }
      }
      return sequences
    }
    let limits = [sourceLimit, targetLimit].map { min(configuration.longest ?? $0, $0) - 1 }
    let tooLong = configuration.tooLong
    func fitted(_ pair: Pair) -> (Pair, isCut: Bool)? {
      guard let source = Self.cut(pair.source, limits[0], tooLong),
        let target = Self.cut(pair.target, limits[1], tooLong)
      else { return nil }
      return ((source.0, target.0), source.isCut || target.isCut)
    }
    var (kept, heldOut) = split(try sequences(texts.training))
    if !texts.validation.isEmpty { heldOut = try sequences(texts.validation) }
    let training = fit(kept, "pairs", fitted)
    let validation = fit(heldOut, "held-out pairs", fitted)
    guard !training.isEmpty else { throw nothingLeft(limits[0]) }
    return (
      TokenPairs(sources: training.map(\.source), targets: training.map(\.target)),
      validation.isEmpty ? nil : TokenPairs(sources: validation.map(\.source), targets: validation.map(\.target))
    )
  }

  /// Draws what is held out; at least one example stays on each side.
  private func split<Element>(_ all: [Element]) -> (kept: [Element], heldOut: [Element]) {
    let count = min(Int((Double(all.count) * configuration.validationFraction).rounded(.up)), all.count - 1)
    guard configuration.validationFraction > 0, count > 0 else { return (all, []) }
    var order = Array(all.indices)
    var random = SeededRandom(seed: seed, stream: 0x4E1D_0000_0000_0000)
    random.shuffle(&order)
    let heldOut = Set(order.prefix(count))
    return (
      all.indices.filter { !heldOut.contains($0) }.map { all[$0] }, all.indices.filter(heldOut.contains).map { all[$0] }
    )
  }

  /// A sequence within a limit, or nil for one to be skipped.
  private static func cut(
    _ sequence: [Int32], _ limit: Int, _ tooLong: DataConfiguration.TooLong
  ) -> ([Int32], isCut: Bool)? {
    if sequence.count <= limit { return (sequence, false) }
    return tooLong == .skip ? nil : (Array(sequence.prefix(limit)), true)
  }

  private mutating func fit<Element>(
    _ all: [Element], _ what: String, _ body: (Element) -> (Element, isCut: Bool)?
  ) -> [Element] {
    var kept: [Element] = []
    var cut = 0
    for element in all {
      guard let (fitted, isCut) = body(element) else { continue }
      kept.append(fitted)
      if isCut { cut += 1 }
    }
    if cut > 0 { notices.append("\(cut) of \(all.count) \(what) are longer than the limit and were cut") }
    if kept.count < all.count {
      notices.append("\(all.count - kept.count) of \(all.count) \(what) are longer than the limit and were left out")
    }
    return kept
  }

  private func nothingLeft(_ limit: Int) -> AttendError {
    AttendError(
      .invalidInput, "no line of \(configuration.files.joined(separator: ", ")) has at most \(limit) tokens",
      hint: "set too_long to \"truncate\", or give shorter lines")
  }
}
