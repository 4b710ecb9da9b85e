// What WeChat brings: not what is checked here.
declare const wx: any;
declare function App(app: any): void;
declare function Page(page: any): void;
declare function Component(component: any): void;
declare function getApp(): any;
declare function getCurrentPages(): any[];
