/// Unicode's general categories, in the order that the table of runs numbers them.
enum GeneralCategory {
  /// The names by which patterns ask for them: `\p{Lu}`; `\p{L}` means all whose names begin so.
  static let names = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm",
    "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
  ]

  /// The runs of scalars of one category, in order: start, end, number.
  static func forEachRun(_ body: (_ range: Range<UInt32>, _ category: Int) -> Void) {
    for (index, run) in generalCategoryRuns.enumerated() {
      let next = index + 1 < generalCategoryRuns.count ? generalCategoryRuns[index + 1] >> 5 : 0x110000
      body(run >> 5..<next, Int(run & 31))
    }
  }
}
