"""GPT-J (`gptj`), the reading of its weights (`weights`), and the rows of a step (`runner`)."""
