import tseslint from 'typescript-eslint';

export default tseslint.config(
  {ignores: ['src/schema.d.ts', '**/*.mjs']},
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {parserOptions: {projectService: true}},
    rules: {
      // What teald always sends is optional in its description; a page that breaks there is no better than one that shows nothing.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // What teald says goes into the page as text, never as markup.
      'no-restricted-syntax': ['error', {selector: "JSXAttribute[name.name='dangerouslySetInnerHTML'], MemberExpression[property.name=/^(inner|outer)HTML$/]", message: 'text only'}],
      'no-eval': 'error',
    },
  },
);
