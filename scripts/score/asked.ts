const args = process.argv.slice(2)

/** Which of these the command line asks for: those that it names or, where it names none, the usual ones. */
export const asked = (all: ReadonlyArray<string>, usual: ReadonlyArray<string> = all): ReadonlyArray<string> => {
  const named = all.filter((each) => args.includes(each))
  return named.length === 0 ? usual : named
}

/** Whether it has this option. */
export const has = (option: string): boolean => args.includes(option)
