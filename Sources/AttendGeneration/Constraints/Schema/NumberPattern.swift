import AttendBase

/// Numbers between two bounds, digit by digit.
struct NumberPattern {
  /// Digits of a whole number, so that every reader's 64 bits hold it.
  static let wholeDigits = 18

  var lower: (value: DecimalNumber, isExclusive: Bool)?
  var upper: (value: DecimalNumber, isExclusive: Bool)?

  /// - Throws: `unsupported` when nothing but numbers of more than 18 digits are left.
  init(_ node: SchemaNode) throws(AttendError) {
    lower = node.lower.map { (DecimalNumber($0.value), $0.isExclusive) }
    upper = node.upper.map { (DecimalNumber($0.value), $0.isExclusive) }
    // Bounds beyond what is written bound nothing.
    if let bound = lower, bound.value.whole.count > Self.wholeDigits {
      guard bound.value.isNegative else { throw Self.tooLarge(node.path) }
      lower = nil
    }
    if let bound = upper, bound.value.whole.count > Self.wholeDigits {
      guard !bound.value.isNegative else { throw Self.tooLarge(node.path) }
      upper = nil
    }
  }

  private static func tooLarge(_ path: String) -> AttendError {
    AttendError(
      .unsupported, "\(path) of the JSON schema asks for numbers of more than \(wholeDigits) digits",
      hint: "choose bounds that are nearer to 0")
  }

  // MARK: Whole numbers

  var integers: Pattern {
    let most = Int64(999_999_999_999_999_999)
    let low = lower.map { Self.ceiling($0.value, isExclusive: $0.isExclusive) } ?? -most
    let high = upper.map { -Self.ceiling(Self.negated($0.value), isExclusive: $0.isExclusive) } ?? most
    var parts: [Pattern] = []
    if low < 0, low <= high {
      parts.append(.sequence([.literal("-"), Self.wholes(from: max(1, -high), to: -low)]))
    }
    if high >= 0, low <= high { parts.append(Self.wholes(from: max(0, low), to: high)) }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  private static func negated(_ value: DecimalNumber) -> DecimalNumber {
    var value = value
    value.isNegative = !value.isNegative && !value.isZero
    return value
  }

  /// The least whole number that is not below a bound of at most 18 digits.
  private static func ceiling(_ value: DecimalNumber, isExclusive: Bool) -> Int64 {
    let whole = value.whole.reduce(Int64(0)) { $0 * 10 + Int64($1) }
    if value.fraction.isEmpty { return (value.isNegative ? -whole : whole) + (isExclusive ? 1 : 0) }
    return value.isNegative ? -whole : whole + 1
  }

  /// - Parameters: 0 or more.
  static func wholes(from low: Int64, to high: Int64) -> Pattern {
    guard low <= high else { return .nothing }
    let (lows, highs) = (digits(low), digits(high))
    let parts = (lows.count...highs.count).map { count in
      sameLength(
        count == lows.count ? lows[...] : ([1] + [UInt8](repeating: 0, count: count - 1))[...],
        count == highs.count ? highs[...] : [UInt8](repeating: 9, count: count)[...])
    }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  private static func digits(_ value: Int64) -> [UInt8] { String(value).utf8.map { $0 - 0x30 } }

  private static func digit(_ range: ClosedRange<UInt8>) -> Pattern {
    .byte(range.lowerBound + 0x30...range.upperBound + 0x30)
  }

  private static func sameLength(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>) -> Pattern {
    guard let first = low.first, let last = high.first else { return .empty }
    let (lowRest, highRest) = (low.dropFirst(), high.dropFirst())
    if first == last { return .sequence([digit(first...first), sameLength(lowRest, highRest)]) }
    var (start, end) = (first, last)
    var parts: [Pattern] = []
    if lowRest.contains(where: { $0 != 0 }) {
      let nines = [UInt8](repeating: 9, count: lowRest.count)
      parts.append(.sequence([digit(first...first), sameLength(lowRest, nines[...])]))
      start += 1
    }
    if highRest.contains(where: { $0 != 9 }) {
      let zeros = [UInt8](repeating: 0, count: highRest.count)
      parts.append(.sequence([digit(last...last), sameLength(zeros[...], highRest)]))
      end -= 1
    }
    if start <= end {
      let rest = Pattern.repetition(.digit, least: lowRest.count, most: lowRest.count)
      parts.append(.sequence([digit(start...end), rest]))
    }
    return .choice(parts)
  }

  // MARK: All numbers

  /// Without bounds with an exponent of up to two digits.
  var numbers: Pattern {
    if lower == nil, upper == nil {
      let whole = Pattern.choice([
        .literal("0"),
        .sequence([.byte(0x31...0x39), .repetition(.digit, least: 0, most: Self.wholeDigits - 1)]),
      ])
      let exponent = Pattern.sequence([
        .any(of: "eE"), .optional(.any(of: "+-")), .repetition(.digit, least: 1, most: 2),
      ])
      return .sequence([.optional(.literal("-")), whole, Self.anyFraction(9), .optional(exponent)])
    }
    var parts: [Pattern] = []
    let zero = (value: DecimalNumber.zero, isExclusive: true)
    if lower.map({ $0.value.isNegative }) ?? true {
      // The size of a negative number: above 0, so that there is no −0 to discuss.
      let least =
        upper.flatMap { $0.value.isNegative ? (value: $0.value.magnitude, isExclusive: $0.isExclusive) : nil } ?? zero
      let most = lower.map { (value: $0.value.magnitude, isExclusive: $0.isExclusive) }
      parts.append(.sequence([.literal("-"), sizes(from: least, to: most)]))
    }
    if upper.map({ !$0.value.isNegative }) ?? true {
      let least = lower.flatMap { $0.value.isNegative ? nil : $0 } ?? (value: .zero, isExclusive: false)
      parts.append(sizes(from: least, to: upper))
    }
    return .choice(parts)
  }

  /// Digits behind the point. Doubles tell numbers of 15 digits apart, so none becomes equal to a bound that it must not
  /// reach.
  private var fractionDigits: Int {
    let bounds = [lower, upper].compactMap(\.self)
    let room = max(15 - (bounds.map(\.value.whole.count).max() ?? 0), 0)
    let wanted = max(bounds.map(\.value.fraction.count).max() ?? 0, min(room, 9))
    return bounds.contains(where: \.isExclusive) ? min(wanted, room) : wanted
  }

  private static func anyFraction(_ count: Int) -> Pattern {
    count == 0 ? .empty : .optional(.sequence([.literal("."), .repetition(.digit, least: 1, most: count)]))
  }

  /// Numbers that are not negative.
  private func sizes(
    from low: (value: DecimalNumber, isExclusive: Bool), to high: (value: DecimalNumber, isExclusive: Bool)?
  ) -> Pattern {
    let count = fractionDigits
    func value(_ digits: [UInt8]) -> Int64 { digits.reduce(0) { $0 * 10 + Int64($1) } }
    let lowest = value(low.value.whole)
    let highest = high.map { value($0.value.whole) } ?? 999_999_999_999_999_999
    guard lowest <= highest else { return .nothing }
    let lowFraction = FractionBound(digits: low.value.fraction[...], isExclusive: low.isExclusive)
    let highFraction = high.map { FractionBound(digits: $0.value.fraction[...], isExclusive: $0.isExclusive) }
    func number(_ whole: Int64, _ low: FractionBound?, _ high: FractionBound?) -> Pattern {
      .sequence([.literal(String(whole)), Self.fraction(low, high, count)])
    }
    if lowest == highest { return number(lowest, lowFraction, highFraction) }
    return .choice([
      number(lowest, lowFraction, nil),
      .sequence([Self.wholes(from: lowest + 1, to: highest - 1), Self.anyFraction(count)]),
      number(highest, nil, highFraction),
    ])
  }

  /// What is left of a bound's digits.
  private struct FractionBound {
    var digits: ArraySlice<UInt8>
    var isExclusive: Bool

    /// Whether nothing more, which is 0, keeps to it as a lower bound.
    var allowsZeroAbove: Bool { digits.isEmpty && !isExclusive }
    var allowsZeroBelow: Bool { !digits.isEmpty || !isExclusive }
  }

  private static func fraction(_ low: FractionBound?, _ high: FractionBound?, _ count: Int) -> Pattern {
    var parts: [Pattern] = []
    if low?.allowsZeroAbove ?? true, high?.allowsZeroBelow ?? true { parts.append(.empty) }
    if count > 0 { parts.append(.sequence([.literal("."), digits(low, high, count, isFirst: true)])) }
    return .choice(parts)
  }

  private static func digits(
    _ low: FractionBound?, _ high: FractionBound?, _ count: Int, isFirst: Bool
  ) -> Pattern {
    let low = low?.allowsZeroAbove == true ? nil : low
    if low == nil, high == nil { return .repetition(.digit, least: isFirst ? 1 : 0, most: count) }
    var parts: [Pattern] = []
    if !isFirst, low == nil, high?.allowsZeroBelow ?? true { parts.append(.empty) }
    // Behind the end of the upper bound nothing but zeros could come.
    guard count > 0, high.map({ !$0.digits.isEmpty }) ?? true else { return .choice(parts) }
    for value in UInt8(0)...9 {
      let (least, most) = (low?.digits.first ?? 0, high?.digits.first ?? 9)
      guard value >= least || low == nil, value <= most else { continue }
      var (nextLow, nextHigh) = (low, high)
      if value > least { nextLow = nil } else { nextLow?.digits = low?.digits.dropFirst() ?? [] }
      if value < most { nextHigh = nil } else { nextHigh?.digits = high?.digits.dropFirst() ?? [] }
      parts.append(.sequence([digit(value...value), digits(nextLow, nextHigh, count - 1, isFirst: false)]))
    }
    return .choice(parts)
  }
}
