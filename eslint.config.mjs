import js from "@eslint/js";
import globals from "globals";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["dist/", "node_modules/", "generated/"] },
  js.configs.recommended,
  { files: ["**/*.mjs"], languageOptions: { globals: globals.node } },
  {
    files: ["**/*.ts"],
    extends: [typescript.configs.strictTypeChecked, typescript.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A number in a sentence is what it looks like.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `return this.refuse(…)` leaves with nothing, and says why.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // `!` says what a pattern or a test just above has shown, and the compiler cannot see.
      "@typescript-eslint/no-non-null-assertion": "off",
      // A name that begins with _ says that it is left out on purpose.
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_" },
      ],
      // An empty string is often as good as none.
      "@typescript-eslint/prefer-nullish-coalescing": [
        "error",
        { ignorePrimitives: { string: true } },
      ],
      // A callback that does nothing says so.
      "@typescript-eslint/no-empty-function": ["error", { allow: ["arrowFunctions"] }],
      // What a terminal obeys is looked for in many places.
      "no-control-regex": "off",
    },
  },
);
